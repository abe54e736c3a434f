"""Frames of the device: answers, values read back, data; what the simulator sends and what the host's tests receive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.building import CP_LIMIT, INTERACTION, Header, as_text, check_item, seal_frame
from qingtian.domain.hj212.catalogue import command_of
from qingtian.domain.hj212.commanding import check_header
from qingtian.domain.hj212.model import Edition, Items
from qingtian.domain.hj212.wire import WireSettings

Params: TypeAlias = Mapping[str, str | Sequence[str]]
RESULTS = {"9011": "QnRtn", "9012": "ExeRtn", "9013": None}


def build_reply(wire: WireSettings, *, mn: str, cn: str, qn: str, code: int = 1) -> bytes:
    """Answer 9011, 9012 or 9013 of a device to a request or notice of the host.

    Args:
        wire: how the device speaks.
        mn: device number.
        cn: 9011 (request taken), 9012 (result) or 9013 (notice taken).
        qn: number of the request.
        code: QnRtn of 9011, ExeRtn of 9012.

    >>> wire = WireSettings(edition=Edition.E2005, password="123456")
    >>> build_reply(wire, mn="ABCDEFG1234567", cn="9012", qn="20170516010101001")[6:-6]
    b'ST=91;CN=9012;PW=123456;MN=ABCDEFG1234567;CP=&&QN=20170516010101001;ExeRtn=1&&'
    """
    if cn not in RESULTS:
        raise InvalidInput(f"{cn[:10]} is no answer of a device", field="cn", remedy="give 9011, 9012 or 9013")
    check_header(mn=mn, st=INTERACTION, qn=qn)
    old = wire.edition is Edition.E2005  # the number stands in the data area, and 9012 has no Flag
    flag = None if old and cn == "9012" else wire.flag(ack=False)
    result = RESULTS[cn]
    cp = ";".join(filter(None, [f"QN={qn}" if old else "", f"{result}={code}" if result else ""]))
    header = Header(qn=None if old else qn, st=INTERACTION, cn=cn, pw=wire.password or None, mn=mn, flag=flag)
    return seal_frame(header, cp, wire)


def build_report(
    wire: WireSettings,
    *,
    mn: str,
    st: str,
    cn: str,
    qn: str | None,
    params: Params | None = None,
    items: Items | None = None,
    ack: bool = False,
    part: tuple[int, int] | None = None,
    backfill: bool = False,
) -> bytes:
    """A frame that a device sends by itself or as the value that was asked for: data, notices, values read back.

    Args:
        wire: how the device speaks; its key encrypts what 2025 wants encrypted.
        mn: device number.
        st: system code.
        cn: command.
        qn: its own number; of a value read back that of the request. In 2005 that one goes into the data area.
        params: bare parameters in the order to send; DataTime first by custom.
        items: code -> attribute -> text.
        ack: ask for an answer.
        part: this part (from 1) and the number of parts.
        backfill: RF=1 (2025 only).
    Raises:
        InvalidInput: the edition's devices do not send this command, or a name or value would not be read back.

    >>> wire = WireSettings(password="123456")
    >>> build_report(wire, mn="A1", st="31", cn="2011", qn=None, params={"DataTime": "20240601085857"},
    ...              items={"a21026": {"Rtd": "12.5", "Flag": "N"}})[6:-6]
    b'ST=31;CN=2011;PW=123456;MN=A1;Flag=4;CP=&&DataTime=20240601085857;a21026-Rtd=12.5,a21026-Flag=N&&'
    """
    command = command_of(wire.edition, cn)
    if command.up is None:
        raise InvalidInput(
            f"{cn} of {wire.edition.value} is never sent by a device", field="cn", remedy="use build_command"
        )
    check_header(mn=mn, st=st, qn=qn)
    if backfill and wire.edition is not Edition.E2025:
        raise InvalidInput(f"RF is not part of {wire.edition.value}", field="backfill", remedy="leave it out")
    inside = wire.edition is Edition.E2005 and command.reads and not command.history and qn is not None
    area = data_area(params or {}, items or {})
    number, total = part or (None, None)
    flag = None if wire.edition is Edition.E2005 and not ack and not part else wire.flag(ack=ack, split=bool(part))
    header = Header(
        qn=None if inside else qn, st=st, cn=cn, pw=wire.password or None, mn=mn, flag=flag,
        pnum=total, pno=number, backfill=backfill,
    )  # fmt: skip
    return seal_frame(header, ";".join(filter(None, [f"QN={qn}" if inside else "", area])), wire)


def data_area(params: Params, items: Items) -> str:
    """Text of a data area out of parameters and items.

    Raises:
        InvalidInput: a name or value would not be read back as it is, or there is too much for one frame.
    """
    parts = [
        check_item("", name, as_text(one))
        for name, value in params.items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    parts += [
        ",".join(check_item(code, name, as_text(value)) for name, value in named.items())
        for code, named in items.items()
        if named
    ]
    area = ";".join(parts)
    if len(area.encode()) > CP_LIMIT:
        raise InvalidInput(
            f"the data area has {len(area.encode())} bytes, {CP_LIMIT} are allowed",
            field="items",
            remedy="split the items with split_items and send them as parts",
        )
    return area


def split_items(items: Items, *, params: Params | None = None, limit: int = CP_LIMIT) -> Iterator[Items]:
    """Items in as few parts as fit, each with the same parameters, in order.

    Args:
        items: code -> attribute -> text.
        params: what every part repeats, DataTime above all.
        limit: most bytes of a data area.

    >>> items = {f"w{n:05d}": {"Avg": "1.0", "Flag": "N"} for n in range(50)}
    >>> [len(part) for part in split_items(items, params={"DataTime": "20240601080000"})]
    [31, 19]
    """
    room = limit - len(data_area(params or {}, {}).encode())
    part: dict[str, Mapping[str, str]] = {}
    used = 0
    for code, named in items.items():
        size = len(data_area({}, {code: named}).encode()) + 1
        if part and used + size > room:
            yield part
            part, used = {}, 0
        part[code] = named
        used += size
    if part:
        yield part
