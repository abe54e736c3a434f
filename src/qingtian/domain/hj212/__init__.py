"""HJ 212: the language of monitoring devices (HJ/T 212-2005, HJ 212-2017, HJ 212-2025)."""

from __future__ import annotations

from qingtian.domain.hj212.building import (
    build_data_ack,
    build_frame,
    build_notice_ack,
    build_upload,
    encode,
    wrap_segment,
)
from qingtian.domain.hj212.catalogue import COMMANDS, command_of, find_command, host_commands
from qingtian.domain.hj212.command import Command, Kind
from qingtian.domain.hj212.commanding import build_answer, build_command
from qingtian.domain.hj212.crc import crc16, crc16_modbus
from qingtian.domain.hj212.decoding import decode
from qingtian.domain.hj212.device_side import build_reply, build_report, split_items
from qingtian.domain.hj212.fields import Field, Form
from qingtian.domain.hj212.framing import Framer, modbus_believer
from qingtian.domain.hj212.jsonview import decoded_to_json, stream_to_json
from qingtian.domain.hj212.model import (
    Decoded,
    Edition,
    Fault,
    Foreign,
    FrameEvent,
    FrameOk,
    Garbage,
    Rejected,
    Rejection,
)
from qingtian.domain.hj212.numbers import NoNumber, Reading, read_number
from qingtian.domain.hj212.splitting import MergedRecord, MergeKey, SplitBuffer
from qingtian.domain.hj212.wire import (
    MN_FORM,
    AckPolicy,
    CrcProfile,
    HeartbeatAnswer,
    PasswordPolicy,
    Sm4Form,
    WireSettings,
    wire_settings,
)

__all__ = [
    "COMMANDS",
    "MN_FORM",
    "AckPolicy",
    "Command",
    "CrcProfile",
    "Decoded",
    "Edition",
    "Fault",
    "Field",
    "Foreign",
    "Form",
    "FrameEvent",
    "FrameOk",
    "Framer",
    "Garbage",
    "HeartbeatAnswer",
    "Kind",
    "MergeKey",
    "MergedRecord",
    "NoNumber",
    "PasswordPolicy",
    "Reading",
    "Rejected",
    "Rejection",
    "Sm4Form",
    "SplitBuffer",
    "WireSettings",
    "build_answer",
    "build_command",
    "build_data_ack",
    "build_frame",
    "build_notice_ack",
    "build_reply",
    "build_report",
    "build_upload",
    "command_of",
    "crc16",
    "crc16_modbus",
    "decode",
    "decoded_to_json",
    "encode",
    "find_command",
    "host_commands",
    "modbus_believer",
    "read_number",
    "split_items",
    "stream_to_json",
    "wire_settings",
    "wrap_segment",
]
