"""Closed lists of the devices app; the states of a command are those of the dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from qingtian.domain.hj212.dialogues import IN_FLIGHT, Phase, Words


class Priority(StrEnum):
    """Which queue a command waits in; history goes out only when nothing live waits for the device."""

    LIVE = "live"
    HISTORY = "history"


class Origin(StrEnum):
    """Why a command was ordered."""

    PERSON = "person"
    GAP = "gap"
    CLOCK = "clock"
    KEY = "key"
    FIRST_CONTACT = "first_contact"
    ACTIVATION = "activation"


class Direction(StrEnum):
    """Who sent a frame."""

    HOST = "host"
    DEVICE = "device"


class SecretKind(StrEnum):
    """What a secret is for."""

    PASSWORD = "password"  # noqa: S105  the name of a kind
    SM4_KEY = "sm4_key"


class SecretState(StrEnum):
    """Where a secret stands."""

    PENDING = "pending"  # the command that gives it is under way, or its outcome is not known
    ACTIVE = "active"
    RETIRED = "retired"  # still right for reading for a while
    DROPPED = "dropped"  # the device refused it


class GapState(StrEnum):
    """Where missing data stand."""

    OPEN = "open"
    ASKED = "asked"
    FILLED = "filled"
    GIVEN_UP = "given_up"


OPEN_STATES = (Phase.QUEUED, *sorted(IN_FLIGHT))

PRIORITY_WORDS: Mapping[Priority, Words] = {
    Priority.LIVE: Words("即时", "live"),
    Priority.HISTORY: Words("补传", "back-fill"),
}
ORIGIN_WORDS: Mapping[Origin, Words] = {
    Origin.PERSON: Words("人工下达", "ordered by a person"),
    Origin.GAP: Words("自动补传", "missing data, asked for automatically"),
    Origin.CLOCK: Words("自动校时", "clock set automatically"),
    Origin.KEY: Words("密钥轮换", "key rotation"),
    Origin.FIRST_CONTACT: Words("首次连接初始化", "first contact"),
    Origin.ACTIVATION: Words("设备激活", "activation"),
}
GAP_WORDS: Mapping[GapState, Words] = {
    GapState.OPEN: Words("待补传", "missing"),
    GapState.ASKED: Words("已请求补传", "asked for"),
    GapState.FILLED: Words("已补齐", "filled"),
    GapState.GIVEN_UP: Words("已放弃", "given up"),
}
