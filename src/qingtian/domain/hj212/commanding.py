"""Frames of the host: requests, notices and answers, each as the device's edition wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.building import CP_LIMIT, INTERACTION, Header, as_text, seal_frame
from qingtian.domain.hj212.catalogue import command_of
from qingtian.domain.hj212.command import Command, Kind
from qingtian.domain.hj212.fields import Field, Form
from qingtian.domain.hj212.model import Edition
from qingtian.domain.hj212.wire import MN_FORM, WireSettings

Values: TypeAlias = Mapping[str, str | Sequence[str]]
ST_FORM = re.compile(r"[0-9A-Z]{2}")
QN_FORM = Field("QN", "请求编码", "request number", Form.TIME_MS)
_QN_DIGITS = 17
FLAG_OF_2005_REQUESTS = 3  # bits 0 and 1 without part numbers, as the examples of 2005 have it


def build_command(wire: WireSettings, *, mn: str, st: str, cn: str, qn: str, params: Values) -> bytes:
    """A request or notice of the host, as section 4 of the protocol notes lists them by (edition, CN).

    Args:
        wire: how the device speaks: edition, password, key.
        mn: device number; of 1002 the number to be set.
        st: system code of the device, two characters.
        cn: command.
        qn: request number yyyyMMddHHmmssSSS; the same one again for a resend.
        params: field -> text; a list for a repeated field; attributes as `code-Name`.
    Raises:
        InvalidInput: the edition has no such command, a field is missing, unknown or out of its range.

    >>> wire = WireSettings(password="100000")
    >>> build_command(wire, mn="010000A8900016F000169DC0", st="32", cn="1062", qn="20160801085857223",
    ...               params={"RtdInterval": "30"})[-27:]
    b'CP=&&RtdInterval=30&&1C80\\r\\n'
    >>> build_command(wire, mn="A", st="32", cn="1062", qn="20160801085857223", params={"RtdInterval": "29"})
    Traceback (most recent call last):
    qingtian.domain.errors.InvalidInput: RtdInterval: 29 is not within 30..3600 (give 30..3600 s)
    """
    command = command_of(wire.edition, cn)
    if command.down not in (Kind.REQUEST, Kind.NOTICE):
        raise InvalidInput(
            f"{cn} of {wire.edition.value} is sent by the device, not by the host",
            field="cn",
            remedy="choose a request or a notice of the host",
        )
    check_header(mn=mn, st=st, qn=qn)
    flag = _flag(wire, command)
    return seal_frame(
        Header(qn=qn, st=st, cn=cn, pw=wire.password or None, mn=mn, flag=flag), data_area(command, params), wire
    )


def _flag(wire: WireSettings, command: Command) -> int | None:
    if wire.edition is not Edition.E2005:
        return wire.flag(ack=True)
    return FLAG_OF_2005_REQUESTS if command.down is Kind.REQUEST else None


def check_header(*, mn: str, st: str, qn: str | None) -> None:
    """Refuse header fields that no edition allows.

    Raises:
        InvalidInput: names the field.
    """
    if not MN_FORM.fullmatch(mn):
        raise InvalidInput(f"{mn[:40]!r} is no MN", field="mn", remedy="1 to 32 letters, digits, _ and -")
    if not ST_FORM.fullmatch(st):
        raise InvalidInput(f"{st[:40]!r} is no system code", field="st", remedy="give two digits, such as 31 or 32")
    if qn is not None:
        QN_FORM.check(qn, name="qn")
        if len(qn) != _QN_DIGITS:
            raise InvalidInput(f"{qn} has no milliseconds", field="qn", remedy="give yyyyMMddHHmmssSSS")


def data_area(command: Command, params: Values) -> str:
    """Text of the data area of a host's command, checked field by field.

    Raises:
        InvalidInput: names the field, its range and the remedy.
    """
    left = dict(params)
    parts: list[str] = []
    for field in command.down_fields:
        if not field.attribute:
            parts += [f"{field.name}={value}" for value in _taken(field, left)]
    attributes = list(_attributes(command, left))
    if left:
        name = next(iter(left))
        known = ", ".join(_shown(one) for one in command.down_fields) or "none"
        raise InvalidInput(
            f"{command.cn} has no field {name[:40]}", field=name[:40], remedy=f"leave it out; its fields are: {known}"
        )
    text = command.separator.join(parts)
    area = ";".join(filter(None, [text, *attributes]))
    if len(area.encode()) > CP_LIMIT:
        raise InvalidInput(
            f"the data area has {len(area.encode())} bytes, {CP_LIMIT} are allowed",
            field="params",
            remedy="ask for fewer codes at a time",
        )
    return area


def _shown(field: Field) -> str:
    return f"<code>-{field.name}" if field.attribute else field.name


def _taken(field: Field, left: dict[str, str | Sequence[str]]) -> list[str]:
    """Values of a bare field, taken out of what is left to place."""
    name = next((one for one in field.spellings if one in left), field.name)
    given = left.pop(name, ())
    values = [given] if isinstance(given, str) else list(given)
    if not values and field.required:
        raise InvalidInput(f"{field.name} is missing", field=field.name, remedy=f"give {field.en}")
    if len(values) > 1 and not field.repeated:
        raise InvalidInput(f"{field.name} comes once only", field=field.name, remedy="give one value")
    for value in values:
        field.check(value)
    return values


def _attributes(command: Command, left: dict[str, str | Sequence[str]]) -> Iterator[str]:
    """Items `code-Name=value`, those of one code together."""
    known = {field.name: field for field in command.down_fields if field.attribute}
    grouped: dict[str, dict[str, str]] = {}
    for name in [one for one in left if "-" in one]:
        code, _, attribute = name.partition("-")
        if attribute not in known or not code.isalnum():
            continue
        value = left.pop(name)
        if not isinstance(value, str):
            raise InvalidInput(f"{name} comes once only", field=name, remedy="give one value")
        known[attribute].check(value, name=name)
        grouped.setdefault(code, {})[attribute] = as_text(value)
    _check_attributes(known.values(), grouped)
    for code, values in grouped.items():
        yield ",".join(f"{code}-{field.name}={values[field.name]}" for field in known.values() if field.name in values)


def _check_attributes(known: Iterable[Field], grouped: Mapping[str, Mapping[str, str]]) -> None:
    for field in known:
        if not field.required:
            continue
        lacking = next((code for code, values in grouped.items() if field.name not in values), None)
        if lacking is not None or not grouped:
            name = f"{lacking or '<code>'}-{field.name}"
            raise InvalidInput(f"{name} is missing", field=name, remedy=f"give {field.en}")


def build_answer(wire: WireSettings, *, mn: str, cn: str, qn: str | None, pw: str | None = None) -> bytes:
    """Answer 9013 to a notice or 9014 to data; in 2005 the number of a 9013 stands in the data area.

    Args:
        wire: how the device speaks.
        mn: device number as it wrote it.
        cn: 9013 or 9014.
        qn: number of the frame that is answered; None when it had none.
        pw: password as the device wrote it; the registered one by default.

    >>> build_answer(WireSettings(edition=Edition.E2005), mn="A1", cn="9013", qn="20170516010101001")[6:-6]
    b'ST=91;CN=9013;MN=A1;Flag=0;CP=&&QN=20170516010101001&&'
    """
    if cn not in ("9013", "9014"):
        raise InvalidInput(f"{cn[:10]} is no answer of the host", field="cn", remedy="give 9013 or 9014")
    check_header(mn=mn, st=INTERACTION, qn=qn)
    inside = wire.edition is Edition.E2005 and cn == "9013" and qn is not None
    header = Header(
        qn=None if inside else qn,
        st=INTERACTION,
        cn=cn,
        pw=(wire.password if pw is None else pw) or None,
        mn=mn,
        flag=wire.flag(ack=False),
    )
    return seal_frame(header, f"QN={qn}" if inside else "", wire)
