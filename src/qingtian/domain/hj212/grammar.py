"""Header and data area: from text to names and values (HJ 212-2017 6.3; deviations that are read are named)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

_CP_OPEN = re.compile(rb"(;?)\s*CP\s*=\s*&&", re.IGNORECASE)
_HEADER_COMMA = re.compile(r",(?=\s*[A-Za-z]+\s*=)")
_TEXT_VALUE = re.compile(r"(?<==)\s*//.*?//(?=\s*(?:[;,]|\Z))", re.DOTALL)
_SEPARATOR = re.compile(r"[;,]")
_PLACEHOLDER = re.compile("\x00(\\d+)\x00")
SPELLING = {name.upper(): name for name in ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")}


@dataclass(slots=True)
class DataArea:
    """What stands between the `&&`."""

    items: dict[str, dict[str, str]] = field(default_factory=dict)
    params: dict[str, str | list[str]] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    unreadable: int = 0

    def warnings(self) -> Iterator[str]:
        """Names of what was tolerated."""
        if self.conflicts:
            yield "conflicting_item"
        if self.unreadable:
            yield "unreadable_item"


def split_segment(segment: bytes) -> tuple[bytes, bytes, list[str]]:
    """Header bytes, data area bytes and warnings of a data segment.

    The data area ends at the last `&&`: a text value, or ciphertext, may hold `&&` itself.

    >>> split_segment(b"ST=32;CN=2011;CP=&&A=1&&")
    (b'ST=32;CN=2011', b'A=1', [])
    """
    opening = _CP_OPEN.search(segment)
    if opening is None:
        return segment, b"", ["cp_missing"]
    warnings = [] if opening[1] or not opening.start() else ["missing_semicolon_before_cp"]
    closing = segment.rfind(b"&&", opening.end())
    if closing < 0:
        return segment[: opening.start()], segment[opening.end() :], [*warnings, "cp_not_closed"]
    return segment[: opening.start()], segment[opening.end() : closing], warnings


def read_header(text: str) -> tuple[dict[str, str], list[str]]:
    """Fields of the header; names in any case are given the spelling of the standard, the first of a name wins.

    >>> read_header("QN=1,ST=32;FLAG=5")
    ({'QN': '1', 'ST': '32', 'Flag': '5'}, ['comma_in_header'])
    """
    warnings: list[str] = []
    if "," in text:
        text, commas = _HEADER_COMMA.subn(";", text)
        warnings += ["comma_in_header"] if commas else []
    header: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        name = name.strip()
        if name:
            header.setdefault(SPELLING.get(name.upper(), name), value.strip())
    return header, warnings


def read_data_area(text: str) -> DataArea:
    """Items and parameters; `;` and `,` separate alike, `//...//` protects a text value.

    >>> area = read_data_area("DataTime=20240601085857;w01018-Rtd=21.4,w01018-Flag=N;PolId=a;PolId=b")
    >>> area.items, area.params
    ({'w01018': {'Rtd': '21.4', 'Flag': 'N'}}, {'DataTime': '20240601085857', 'PolId': ['a', 'b']})
    """
    area = DataArea()
    for part in _parts(text):
        name, equals, value = part.partition("=")
        code, dash, attribute = name.partition("-")
        code = code.strip()
        if dash:
            attribute = attribute.strip()
            if equals and code and attribute:
                _add_item(area, code, attribute, value.strip())
            else:
                area.unreadable += 1
        elif equals and code:
            _add_param(area.params, code, value.strip())
        elif part.strip():
            area.unreadable += 1
    return area


def _parts(text: str) -> Iterator[str]:
    if "//" not in text:
        return iter(_SEPARATOR.split(text))
    return _parts_with_texts(text.replace("\x00", "\ufffd"))


def _parts_with_texts(text: str) -> Iterator[str]:
    cut: list[str] = []

    def keep(found: re.Match[str]) -> str:
        cut.append(found[0])
        return f"\x00{len(cut) - 1}\x00"

    for part in _SEPARATOR.split(_TEXT_VALUE.sub(keep, text)):
        yield _PLACEHOLDER.sub(lambda found: cut[int(found[1])], part)


def _add_item(area: DataArea, code: str, attribute: str, value: str) -> None:
    attributes = area.items.get(code)
    if attributes is None:
        area.items[code] = {attribute: value}
    elif attributes.setdefault(attribute, value) != value:
        area.conflicts.add(code)


def _add_param(params: dict[str, str | list[str]], name: str, value: str) -> None:
    known = params.get(name)
    if known is None:
        params[name] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        params[name] = [known, value]


def is_real_time(text: str) -> bool:
    """Whether yyyyMMddHHmmss (milliseconds are cut off) names an instant that exists.

    >>> is_real_time("20240601085857"), is_real_time("20160824003817000"), is_real_time("20241332256199")
    (True, True, False)
    """
    if len(text) not in (14, 17) or not text.isascii() or not text.isdigit():
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return text[8:10] < "24" and text[10:12] < "60" and text[12:14] < "60"
