"""The quick way through a frame as the standard writes it: printable ASCII, right length, right check code.

Whatever is unusual sends the frame the tolerant way, so this module has no rule of its own: it may only read what the
tolerant way reads the same. What devices repeat is read once: a header is the same from frame to frame but for its QN,
and so are the names in the data area. Both memories are bounded, as a hostile sender can invent names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from qingtian.domain.hj212.crc import CODES, crc16
from qingtian.domain.hj212.grammar import SPELLING, is_real_time
from qingtian.domain.hj212.heading import Heading, read_heading
from qingtian.domain.hj212.model import Decoded, Edition, Fault, Items, Params

REMEMBERED = 4096  # headers and shapes of data areas
LONGEST_SHAPE = 2048  # bytes of names that are worth remembering
_HEAD_SIZE, _CRC_SIZE, _QN_SIZE = 6, 4, 21  # `##dddd`, check code, `QN=` + 17 digits + `;`
_ENDS = frozenset({b"", b"\r\n"})
_NAMES = frozenset(SPELLING.values())
_SEPARATORS = b";,="
_OTHERS = bytes(set(range(256)) - set(_SEPARATORS))
_PRINTABLE = bytes(range(0x20, 0x7F))
_PAIRS = b"=;" * 5000
_NOTHING: frozenset[str] = frozenset()


class _Head(NamedTuple):
    fields: dict[str, str]
    heading: Heading


class _Group(NamedTuple):
    """An item of the data area: a code, its attributes and where their values stand."""

    code: str
    attributes: tuple[str, ...]
    values: slice


class _Shape(NamedTuple):
    """Which value is what, for data areas with the same names in the same order."""

    groups: tuple[_Group, ...]
    params: tuple[tuple[str, int], ...]
    data_time: int | None


def decode_quickly(raw: bytes, edition: Edition | None) -> Decoded | None:
    """A frame as the standard writes it; None when it is not, and must be read the tolerant way.

    Args:
        raw: the frame from `##`, with or without CR LF.
        edition: edition of the register; None = by Flag.
    """
    digits = raw[2:_HEAD_SIZE]
    if raw[:2] != b"##" or not digits.isdigit():
        return None
    declared = int(digits)
    end = _HEAD_SIZE + declared
    if raw[end + _CRC_SIZE :] not in _ENDS:
        return None
    segment = raw[_HEAD_SIZE:end]
    crc, given = crc16(segment), raw[end : end + _CRC_SIZE]
    if CODES.get(given) != crc or segment.translate(None, _PRINTABLE):
        return None
    text = segment.decode("ascii")
    header, opening, area = text.partition(";CP=&&")
    if not opening or not area.endswith("&&") or "&&" in header:
        return None
    head = _read_head(header, edition)
    cp = area[:-2]
    content = _read_area(cp)
    if head is None or content is None:
        return None
    fields, heading = head
    items, params, data_time = content
    return Decoded(
        heading.usable,
        fields,
        items,
        params,
        heading.edition,
        given.decode("ascii"),
        f"{crc:04X}",
        True,
        "",
        declared,
        declared,
        heading.flag,
        heading.ack_requested,
        heading.split,
        heading.pnum,
        heading.pno,
        heading.warnings,
        data_time,
        data_time is None or _is_real_time(data_time),
        _NOTHING,
        cp,
        "utf-8",
        False,
        Fault.NONE,
    )


_is_real_time = lru_cache(maxsize=REMEMBERED)(is_real_time)  # many devices report the same minute


def _read_head(header: str, edition: Edition | None) -> _Head | None:
    """Fields and meaning; the part behind QN is remembered."""
    if header[:3] != "QN=" or header[_QN_SIZE - 1 : _QN_SIZE] != ";" or ";" in header[:20]:
        known = _remembered_head(header, edition)
        return None if known is None else _Head(dict(known.fields), known.heading)
    known = _remembered_head(header[_QN_SIZE:], edition)
    if known is None or "QN" in known.fields:
        return None
    number = header[3:20]
    if not number.isalnum():  # spaces would be cut off, a comma or a second `=` be read another way
        return None
    return _Head({"QN": number, **known.fields}, known.heading)


@lru_cache(maxsize=REMEMBERED)
def _remembered_head(header: str, edition: Edition | None) -> _Head | None:
    parts = header.split(";")
    if " " in header or "," in header or any(part.count("=") != 1 for part in parts):
        return None
    fields = dict(part.split("=") for part in parts)
    if len(fields) != len(parts) or not fields.keys() <= _NAMES:
        return None
    return _Head(fields, read_heading(fields, edition))


def _read_area(cp: str) -> tuple[Items, Params, str | None] | None:
    """Items, parameters and DataTime of a data area of plain pairs `name=value`."""
    if not cp:
        return {}, {}, None
    if " " in cp or "//" in cp:
        return None
    separators = cp.encode().translate(None, _OTHERS).replace(b",", b";")
    if len(separators) & 1 == 0 or separators != _PAIRS[: len(separators)]:
        return None
    flat = cp.replace(",", ";").replace("=", ";").split(";")
    names = tuple(flat[::2])
    shape = _shapes.get(names)
    if shape is None:
        shape = _learn(names)
        if shape is None:
            return None
    values = flat[1::2]
    # the two are equally long by the making of the shape, and asking for that costs a tenth of all the time
    items = {code: dict(zip(attributes, values[place])) for code, attributes, place in shape[0]}  # noqa: B905
    params = {name: values[at] for name, at in shape[1]}
    return items, params, None if shape[2] is None else values[shape[2]]


_shapes: dict[tuple[str, ...], _Shape] = {}


def _learn(names: tuple[str, ...]) -> _Shape | None:
    """The shape of a data area; None when a name is unusual or comes twice."""
    if "" in names or len(set(names)) != len(names) or any(name[0] == "{" for name in names):
        return None
    groups: list[_Group] = []
    params: list[tuple[str, int]] = []
    for at, name in enumerate(names):
        code, dash, attribute = name.partition("-")
        if not dash:
            params.append((name, at))
        elif not code or not attribute:
            return None
        elif groups and groups[-1].code == code and groups[-1].values.stop == at:
            last = groups[-1]
            groups[-1] = _Group(code, (*last.attributes, attribute), slice(last.values.start, at + 1))
        elif any(group.code == code for group in groups):
            return None  # an item in two places
        else:
            groups.append(_Group(code, (attribute,), slice(at, at + 1)))
    at_of = dict(params)
    shape = _Shape(tuple(groups), tuple(params), at_of.get("DataTime"))
    if sum(map(len, names)) <= LONGEST_SHAPE:
        if len(_shapes) >= REMEMBERED:
            _shapes.clear()
        _shapes[names] = shape
    return shape
