"""How one device speaks: the settings of the register that reading and writing its frames depend on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.model import Edition
from qingtian.domain.hj212.numbers import NUMBER

MN_FORM = re.compile(r"[0-9A-Za-z_-]{1,32}")  # wider than any edition: what is read (protocol notes, section 9)
PASSWORD_LONGEST = 32  # the standard says 6, public frames carry 24
DEFAULT_SENTINELS = ("-99", "-999", "-9999")  # what loggers write for "no value"
UTC_OFFSET_MINUTES = 480  # China Standard Time; HJ 212 transmits no zone
UTC_OFFSETS = (-720, 840)  # the zones that exist
OVERTIME_S, RESENDS = 10, 3  # HJ 212-2017, defaults of OverTime and ReCount
OVERTIME_RANGE, RESENDS_RANGE = (1, 99), (1, 99)  # HJ 212-2017, limits of OverTime and ReCount
SM4_KEY_BYTES = 16
_PASSWORD = re.compile(r"[^;,=&\s#\x00-\x1f]*")
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{32}")
_Word = TypeVar("_Word", bound=StrEnum)


class CrcProfile(StrEnum):
    """Which check codes are believed."""

    STANDARD = "standard"
    MODBUS_TOO = "modbus_too"


class AckPolicy(StrEnum):
    """When a durable upload is answered."""

    ON_REQUEST = "on_request"
    ALWAYS = "always"
    NEVER = "never"


class PasswordPolicy(StrEnum):
    """What a frame with another PW than the registered one gets; its values enter no series unless `ignore`."""

    ANSWER = "answer"
    REJECT = "reject"
    IGNORE = "ignore"


class Sm4Form(StrEnum):
    """How ciphertext stands on the wire: as bytes, as the printed text `{0xE4,0x3E,...}`, or either when reading."""

    RAW = "raw"
    TEXT = "text"
    AUTO = "auto"


class HeartbeatAnswer(StrEnum):
    """Command that answers a heartbeat; sources on the 2025 edition disagree."""

    NOTICE = "9013"
    DATA = "9014"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """How one device speaks.

    Args:
        edition: edition of the standard; has the last word over the Flag field.
        crc: check codes that are believed.
        ack: when uploads are answered.
        password_policy: what a frame with another PW gets.
        password: PW of the device; empty = none is compared or sent.
        passwords_also: further PW that are right for reading, while a change of password is under way.
        utc_offset_minutes: offset of the device's clock from UTC, min.
        sentinels: numbers by which the device says that it has no value, as decimal text.
        heartbeat_answer: command that answers 9015.
        sm4_key: 16 bytes; empty = the device does not encrypt.
        sm4_keys_also: further keys that are right for reading, while a change of key is under way.
        sm4_form: how ciphertext is written; `auto` reads both and writes bytes.
        overtime_s: time-out of an answer, s (OverTime).
        resends: how often a request is sent again (ReCount).
        code_map: registered pollutant code per code as sent.
        unit_map: unit per pollutant code, where it differs from the code table.
        aliases: other MN under which the device sends.
    Raises:
        InvalidInput: a setting is out of its range; names the field.

    >>> WireSettings(edition=Edition.E2025).flag(ack=True)
    9
    >>> WireSettings(overtime_s=0)
    Traceback (most recent call last):
    qingtian.domain.errors.InvalidInput: overtime_s: 0 is not within 1..99 (give 1..99)
    """

    edition: Edition = Edition.E2017
    crc: CrcProfile = CrcProfile.STANDARD
    ack: AckPolicy = AckPolicy.ON_REQUEST
    password_policy: PasswordPolicy = PasswordPolicy.ANSWER
    password: str = field(default="", repr=False)
    passwords_also: tuple[str, ...] = field(default=(), repr=False)
    utc_offset_minutes: int = UTC_OFFSET_MINUTES
    sentinels: tuple[str, ...] = DEFAULT_SENTINELS
    heartbeat_answer: HeartbeatAnswer = HeartbeatAnswer.NOTICE
    sm4_key: bytes = field(default=b"", repr=False)
    sm4_keys_also: tuple[bytes, ...] = field(default=(), repr=False)
    sm4_form: Sm4Form = Sm4Form.AUTO
    overtime_s: int = OVERTIME_S
    resends: int = RESENDS
    code_map: Mapping[str, str] = field(default_factory=dict)
    unit_map: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    sentinel_numbers: frozenset[Decimal] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what no device can mean."""
        if self.edition is Edition.UNKNOWN:
            raise InvalidInput("the edition is not known", field="edition", remedy="one of 2005, 2017, 2025")
        _check_range("utc_offset_minutes", self.utc_offset_minutes, UTC_OFFSETS)
        _check_range("overtime_s", self.overtime_s, OVERTIME_RANGE)
        _check_range("resends", self.resends, RESENDS_RANGE)
        for index, password in enumerate((self.password, *self.passwords_also)):
            _check_password(password, f"passwords_also[{index - 1}]" if index else "password")
        for index, key in enumerate((self.sm4_key, *self.sm4_keys_also)):
            _check_key(key, f"sm4_keys_also[{index - 1}]" if index else "sm4_key", needed=index > 0)
        for index, alias in enumerate(self.aliases):
            _check_mn(alias, f"aliases[{index}]")
        object.__setattr__(self, "sentinel_numbers", frozenset(_numbers(self.sentinels)))

    @property
    def read_keys(self) -> tuple[bytes, ...]:
        """Every key that may open a frame, the current one first."""
        return (self.sm4_key, *self.sm4_keys_also) if self.sm4_key else self.sm4_keys_also

    @property
    def right_passwords(self) -> tuple[str, ...]:
        """Every PW that may stand in a frame; empty = none is compared."""
        if not self.password or self.password_policy is PasswordPolicy.IGNORE:
            return ()
        return (self.password, *self.passwords_also)

    @property
    def keep_parts_s(self) -> float:
        """Seconds that a split record waits for its missing parts: OverTime x ReCount."""
        return float(self.overtime_s * self.resends)

    def flag(self, *, ack: bool, split: bool = False) -> int:
        """Value of Flag for this edition: bit 0 asks for an answer, bit 1 tells part numbers, the rest the edition."""
        return EDITION_FLAGS[self.edition] | int(ack) | int(split) << 1


EDITION_FLAGS: Mapping[Edition, int] = {Edition.E2005: 0, Edition.E2017: 4, Edition.E2025: 8}


def wire_settings(values: Mapping[str, Any]) -> WireSettings:
    """Settings out of plain values, as the attributes of a registered device hold them.

    Args:
        values: any of the names of `WireSettings`; `edition` as a number or text, keys in hex, `units` for `unit_map`;
            other names are left alone, missing ones get their default.
    Raises:
        InvalidInput: a value is not of its kind; names the field.

    >>> wire_settings({"edition": 2005, "crc": "modbus_too"}).crc.value
    'modbus_too'
    >>> wire_settings({"ack": "sometimes"})
    Traceback (most recent call last):
    qingtian.domain.errors.InvalidInput: ack: 'sometimes' is not a known value (one of on_request, always, never)
    """
    read: dict[str, Any] = {}
    for name, reader in _READERS.items():
        value = values.get(name)
        if value is not None:
            read["unit_map" if name == "units" else name] = reader(name, value)
    return WireSettings(**read)


def _word(kind: type[_Word]) -> Any:
    def read(name: str, value: Any) -> _Word:
        known = [one.value for one in kind if one.value != Edition.UNKNOWN.value]
        if isinstance(value, bool) or str(value) not in known:
            raise InvalidInput(f"{value!r} is not a known value", field=name, remedy=f"one of {', '.join(known)}")
        return kind(str(value))

    return read


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,5}", str(value), re.ASCII):
        raise InvalidInput(f"{value!r} is not a whole number", field=name, remedy="give digits only")
    return int(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInput("must be text", field=name, remedy="put it in quotes")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidInput("must be a list", field=name, remedy='give a list of texts, such as ["-9999"]')
    return tuple(_text(f"{name}[{index}]", one) for index, one in enumerate(value))


def _map(name: str, value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidInput("must be an object", field=name, remedy='write {"code as sent": "..."}')
    return {_text(name, key): _text(f"{name}.{key}", one) for key, one in value.items()}


def read_key(name: str, value: Any) -> bytes:
    """Key out of 32 hex digits; empty text is no key.

    Raises:
        InvalidInput: it has another form; the value is not repeated in the message.
    """
    if value in ("", b""):
        return b""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not _HEX_KEY.fullmatch(value):
        raise InvalidInput("an SM4 key has 16 bytes", field=name, remedy="give 32 hex digits")
    return bytes.fromhex(value)


def _keys(name: str, value: Any) -> tuple[bytes, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidInput("must be a list", field=name, remedy="give a list of keys of 32 hex digits")
    return tuple(read_key(f"{name}[{index}]", one) for index, one in enumerate(value))


_READERS: Mapping[str, Any] = {
    "edition": _word(Edition),
    "crc": _word(CrcProfile),
    "ack": _word(AckPolicy),
    "password_policy": _word(PasswordPolicy),
    "password": _text,
    "passwords_also": _texts,
    "utc_offset_minutes": _whole,
    "sentinels": _texts,
    "heartbeat_answer": _word(HeartbeatAnswer),
    "sm4_key": read_key,
    "sm4_keys_also": _keys,
    "sm4_form": _word(Sm4Form),
    "overtime_s": _whole,
    "resends": _whole,
    "code_map": _map,
    "units": _map,
    "unit_map": _map,
    "aliases": _texts,
}
SETTING_NAMES = tuple(_READERS)


def _check_range(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InvalidInput(f"{value} is not within {low}..{high}", field=name, remedy=f"give {low}..{high}")


def _check_password(password: str, name: str) -> None:
    if len(password) > PASSWORD_LONGEST or not _PASSWORD.fullmatch(password):
        raise InvalidInput(
            "the password is too long or holds a separator",
            field=name,
            remedy=f"at most {PASSWORD_LONGEST} characters, none of ; , = & # and spaces",
        )


def _check_key(key: bytes, name: str, *, needed: bool) -> None:
    if len(key) != SM4_KEY_BYTES and (key or needed):
        raise InvalidInput("an SM4 key has 16 bytes", field=name, remedy="give 32 hex digits")


def _check_mn(mn: str, name: str) -> None:
    if not MN_FORM.fullmatch(mn):
        raise InvalidInput(
            f"{mn[:40]!r} is no MN", field=name, remedy="1 to 32 letters, digits, underscores and hyphens"
        )


def _numbers(sentinels: Iterable[str]) -> Iterable[Decimal]:
    for index, text in enumerate(sentinels):
        if not text.isascii() or not NUMBER.fullmatch(text):
            raise InvalidInput(
                f"{text[:40]!r} is no number",
                field=f"sentinels[{index}]",
                remedy="give decimal text such as -9999; texts such as -- are no number anyway",
            )
        yield Decimal(text)
