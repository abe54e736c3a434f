"""Decoded frames and streams as plain objects; a key is there only when it says something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qingtian.domain.hj212.decoding import decode
from qingtian.domain.hj212.framing import Framer, modbus_believer
from qingtian.domain.hj212.model import Decoded, Foreign, FrameEvent, FrameOk, Garbage, Rejected
from qingtian.domain.hj212.numbers import unusual_numbers
from qingtian.domain.hj212.splitting import MergedRecord, SplitBuffer
from qingtian.domain.hj212.wire import WireSettings


def decoded_to_json(decoded: Decoded) -> dict[str, Any]:
    """One frame as an object.

    Always there: ok, length_declared, length_actual, length_ok, crc_given, crc_calc, crc_ok, header, version,
    ack_requested, split, items, params, warnings, action. There when they say something: crc_diagnosis (wrong check
    code), data_time, data_time_valid (false), numeric (values that are no plain decimals), valid_for_stats
    (conflicting codes), text_encoding (other than UTF-8), encrypted (true).
    """
    view: dict[str, Any] = {
        "ok": decoded.ok,
        "length_declared": decoded.length_declared,
        "length_actual": decoded.length_actual,
        "length_ok": decoded.length_ok,
        "crc_given": decoded.crc_given,
        "crc_calc": decoded.crc_calc,
        "crc_ok": decoded.crc_ok,
        "header": dict(decoded.header),
        "version": decoded.version.value,
        "ack_requested": decoded.ack_requested,
        "split": decoded.split,
        "items": {code: dict(attributes) for code, attributes in decoded.items.items()},
        "params": dict(decoded.params),
        "warnings": list(decoded.warnings),
        "action": decoded.action,
    }
    view.update(_when_telling(decoded))
    return view


def _when_telling(decoded: Decoded) -> dict[str, Any]:
    view: dict[str, Any] = {}
    if not decoded.crc_ok:
        view["crc_diagnosis"] = decoded.crc_diagnosis
    if decoded.data_time is not None:
        view["data_time"] = decoded.data_time
    if not decoded.data_time_valid:
        view["data_time_valid"] = False
    if decoded.text_encoding != "utf-8":
        view["text_encoding"] = decoded.text_encoding
    if decoded.encrypted:
        view["encrypted"] = True
    if decoded.conflicts:
        view["valid_for_stats"] = dict.fromkeys(sorted(decoded.conflicts), False)
    numeric = {f"{code}.{name}": None if n is None else float(n) for code, name, n in unusual_numbers(decoded.items)}
    if numeric:
        view["numeric"] = numeric
    return view


def stream_to_json(
    chunks: Iterable[bytes], *, wire: WireSettings | None = None, sm4_key: bytes | None = None
) -> dict[str, Any]:
    """What a connection brought, as an object.

    Args:
        chunks: bytes in the order they arrived; the connection ends after the last.
        wire: settings of the device, where it is registered.
        sm4_key: key of the device, where it encrypts.
    Returns:
        frames_ok and qn always; garbage_bytes, frames_rejected, length_warnings, records, merged_codes, incomplete,
        acks and close when there is something to say.
    """
    framer = Framer(believes=modbus_believer(lambda _mn: wire))
    events: list[FrameEvent] = []
    for chunk in chunks:
        events += framer.feed(chunk)
    events += framer.flush()
    frames = [decode(event.raw, wire=wire, sm4_key=sm4_key) for event in events if isinstance(event, FrameOk)]
    good = [frame for frame in frames if frame.ok]
    rejected = len(frames) - len(good) + sum(isinstance(event, Rejected) for event in events)
    view: dict[str, Any] = {"frames_ok": len(good), "qn": [frame.qn for frame in good]}
    if any(isinstance(event, Foreign) for event in events):
        return {**view, "close": True}
    counts = {
        "garbage_bytes": sum(event.n for event in events if isinstance(event, Garbage)),
        "frames_rejected": rejected,
        "length_warnings": sum(not frame.length_ok for frame in good),
    }
    view.update({name: count for name, count in counts.items() if count})
    view.update(_records(good))
    return view


def _records(frames: list[Decoded]) -> dict[str, Any]:
    parts = [frame for frame in frames if frame.split]
    if not parts:
        return {}
    buffer = SplitBuffer()
    records: list[MergedRecord] = [record for part in parts if (record := buffer.add(part, 0.0)) is not None]
    records += buffer.drain()
    view: dict[str, Any] = {"records": len(records)}
    view["merged_codes"] = list(dict.fromkeys(code for record in records for code in record.items))
    if all(record.complete for record in records):
        view["acks"] = [part.qn for part in parts if part.ack_requested]
    else:
        view["incomplete"] = True
    return view
