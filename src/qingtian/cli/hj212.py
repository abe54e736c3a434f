"""`qingtian hj212`: tools for HJ 212 frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from qingtian.domain.errors import InvalidInput, QingtianError
from qingtian.domain.hj212 import (
    Decoded,
    Fault,
    WireSettings,
    decode,
    decoded_to_json,
    stream_to_json,
    wire_settings,
)
from qingtian.domain.hj212.wire import SETTING_NAMES

INPUTS = ("frame", "frame_hex", "chunks_hex", "steps")
KEY_BYTES = 16
_FAULTS = {
    Fault.KEY_MISSING: (
        "the data area is encrypted with SM4 and no key is given",
        "give the device's key as sm4_key_hex (32 hex digits)",
    ),
    Fault.KEY_WRONG: (
        "the data area does not decrypt with this key to a text that fits the check code",
        "check the device's current key; keys are changed by command 1014",
    ),
}


@click.group("hj212")
def command() -> None:
    """Tools for HJ 212 frames."""


@command.command("decode")
def decode_command() -> None:
    """Decode frames in bulk: JSON lines in, JSON lines out.

    Each input line is an object with id and one of frame (text), frame_hex, chunks_hex (list of hex: bytes in the
    order they arrived), steps (a dialogue: list of {"device": frame} and {"host": frame}); for encrypted frames
    sm4_key_hex; and wire, the settings of the device as the register holds them, such as {"edition": 2005, "crc":
    "modbus_too"}. A line that cannot be used gives an error object; the run goes on.
    """
    output = sys.stdout.buffer
    for line in decode_lines(sys.stdin.buffer):
        output.write(line)
        output.flush()  # a caller may wait for each answer before it sends the next line


def decode_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """One answer line for each line that is not blank."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _dump(decode_line(line, number))


def decode_line(line: bytes, number: int) -> dict[str, Any]:
    """Answer to one input line.

    Args:
        line: JSON text.
        number: place of the line, for errors of lines that have no id.
    """
    answer: dict[str, Any] = {"id": None}
    try:
        request = _parse(line, number)
        answer["id"] = request.get("id")
        answer.update(_decode(request))
    except QingtianError as error:
        answer["error"] = {key: error.as_dict()[key] for key in ("code", "field", "message", "remedy")}
    return answer


def _parse(line: bytes, number: int) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"line {number} is no JSON: {error}", field="line", remedy="give one JSON object per line, in UTF-8"
        ) from error
    if not isinstance(request, dict):
        raise InvalidInput(
            f"line {number} is JSON but no object", field="line", remedy='write {"id": ..., "frame": "##..."}'
        )
    return request


def _decode(request: dict[str, Any]) -> dict[str, Any]:
    if request.get("kind") == "dialogue" and isinstance(request.get("expect"), dict):
        request = {"steps": request["expect"].get("steps")} | request  # a row of the shared set
    given = [name for name in INPUTS if request.get(name) is not None]
    if len(given) != 1:
        found = f"{' and '.join(given)} are given" if given else "no frame is given"
        raise InvalidInput(
            found, field=given[1] if given else "frame", remedy=f"give exactly one of {', '.join(INPUTS)}"
        )
    name, key, wire = given[0], _key(request.get("sm4_key_hex")), _wire(request.get("wire"))
    if name == "steps":
        return _replay(request[name])
    if name == "chunks_hex":
        return stream_to_json(_chunks(request[name]), wire=wire, sm4_key=key)
    raw = _frame_text(request[name]) if name == "frame" else _hex(request[name], name)
    decoded = decode(raw, wire=wire, sm4_key=key)
    if decoded.fault is Fault.NOT_A_FRAME:
        raise InvalidInput(
            "there is no frame: it must begin with ## and four digits",
            field=name,
            remedy="cut off what stands before ##, or send the bytes as chunks_hex",
        )
    return _view(decoded)


def _view(decoded: Decoded) -> dict[str, Any]:
    view = decoded_to_json(decoded)
    if decoded.fault in _FAULTS:
        message, remedy = _FAULTS[decoded.fault]
        view["error"] = {"code": decoded.fault.value, "field": "sm4_key_hex", "message": message, "remedy": remedy}
    return view


def _wire(value: Any) -> WireSettings | None:
    if value is None:
        return None
    known = ", ".join(SETTING_NAMES)
    if not isinstance(value, dict):
        raise InvalidInput("must be an object", field="wire", remedy=f"give settings of the device: {known}")
    unknown = next((name for name in value if name not in SETTING_NAMES), None)
    if unknown is not None:
        raise InvalidInput("there is no such setting", field=f"wire.{unknown}", remedy=f"one of {known}")
    try:
        return wire_settings(value)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=f"wire.{error.field}", remedy=error.remedy) from error


def _replay(value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or not all(isinstance(step, dict) for step in value):
        raise InvalidInput(
            "must be a list of objects", field="steps", remedy='write [{"host": "##..."}, {"device": "##..."}]'
        )
    from qingtian.domain.hj212.replay import replay

    return replay(value)


def _frame_text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise InvalidInput("must be text", field="frame", remedy="give the frame as a string, or as frame_hex")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "holds half a surrogate pair", field="frame", remedy="give the bytes as frame_hex"
        ) from error


def _chunks(value: Any) -> list[bytes]:
    if not isinstance(value, list):
        raise InvalidInput("must be a list", field="chunks_hex", remedy="give one hex string per read")
    return [_hex(chunk, f"chunks_hex[{index}]") for index, chunk in enumerate(value)]


def _hex(value: Any, field: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput("is no hex text", field=field, remedy="give two hex digits per byte") from error


def _key(value: Any) -> bytes | None:
    if value is None:
        return None
    key = _hex(value, "sm4_key_hex")
    if len(key) != KEY_BYTES:
        raise InvalidInput(f"has {len(key)} bytes, not {KEY_BYTES}", field="sm4_key_hex", remedy="give 32 hex digits")
    return key


def _dump(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # the id holds half a surrogate pair
        return json.dumps(answer).encode() + b"\n"
