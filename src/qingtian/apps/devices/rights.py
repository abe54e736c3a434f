"""Which verb a command needs, and which commands nobody may order without a reason."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from qingtian.apps.accounts.permissions import Verb
from qingtian.domain.hj212.dialogues import Words


class Group(StrEnum):
    """What a command does to a device."""

    READ = "read"
    HISTORY = "history"
    SET = "set"
    CONTROL = "control"
    SECURE = "secure"


VERB_OF: Mapping[Group, Verb] = {
    Group.READ: Verb.ASK_DEVICE,
    Group.HISTORY: Verb.ASK_DEVICE,
    Group.SET: Verb.SET_DEVICE,
    Group.CONTROL: Verb.CONTROL_DEVICE,
    Group.SECURE: Verb.SECURE_DEVICE,
}
GROUP_WORDS: Mapping[Group, Words] = {
    Group.READ: Words("读取", "read"),
    Group.HISTORY: Words("历史数据", "history"),
    Group.SET: Words("设置", "set"),
    Group.CONTROL: Words("反控", "control"),
    Group.SECURE: Words("安全", "security"),
}
_READ = "1011 1021 1031 1041 1061 1063 3017 3018 3019 3020"
_HISTORY = "2013 2031 2041 2051 2052 2061 2062 2071 2111"
_CONTROL = "3011 3012 3013 3014 3015 3016 3021 3022 3024"
_SECURE = "1002 1014 1072"
_GROUPS: Mapping[str, Group] = {
    **dict.fromkeys(_READ.split(), Group.READ),
    **dict.fromkeys(_HISTORY.split(), Group.HISTORY),
    **dict.fromkeys(_CONTROL.split(), Group.CONTROL),
    **dict.fromkeys(_SECURE.split(), Group.SECURE),
}
STOPS = frozenset({"2012", "2022"})  # the device falls silent on purpose
SLOW_S = 300.0  # a calibration or cleaning answers when it is over


def group_of(cn: str, *, history: bool = False) -> Group:
    """What a command does.

    Args:
        cn: command.
        history: it asks for stored data of a stretch of time.

    >>> group_of("1012").value, group_of("2011", history=True).value, group_of("3011").value
    ('set', 'history', 'control')
    """
    return Group.HISTORY if history else _GROUPS.get(cn, Group.SET)


def needs_reason(cn: str, group: Group) -> bool:
    """Whether a command moves an instrument, ends a stream or changes who may speak: nobody does so without a reason.

    >>> needs_reason("2012", Group.SET), needs_reason("1062", Group.SET)
    (True, False)
    """
    return cn in STOPS or group in (Group.CONTROL, Group.SECURE)


def result_seconds(group: Group) -> float | None:
    """Time-out of what follows 9011, s; None is the device's own."""
    return SLOW_S if group is Group.CONTROL else None
