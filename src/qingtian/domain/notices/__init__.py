"""Notices: who is told of what, when a word may go out, and what a bundle of them says. Pure."""

from qingtian.domain.notices.kinds import Channel, EscalationStep, NoticeKind, Target, TargetForm
from qingtian.domain.notices.timing import Quiet, retry_after, room_at

__all__ = [
    "Channel",
    "EscalationStep",
    "NoticeKind",
    "Quiet",
    "Target",
    "TargetForm",
    "retry_after",
    "room_at",
]
