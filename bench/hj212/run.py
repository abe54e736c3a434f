"""HJ 212 codec: check code, framing, decoding and the bulk pipe, each against a named baseline in the same run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from qingtian.cli.hj212 import decode_lines
from qingtian.domain.hj212 import FrameOk, Framer, decode, wrap_segment
from qingtian.domain.hj212.crc import _TABLE, crc16

ROWS = Path(__file__).parents[2] / "tests" / "data" / "hj212" / "frames.jsonl"
REPEATS = 15
POLYNOMIAL = 0xA001


def crc_by_bits(data: bytes) -> int:
    """Baseline: the loop that the standard prints."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


def crc_by_table(data: bytes) -> int:
    """Baseline: one table look-up per byte."""
    crc = 0xFFFF
    for byte in data:
        crc = _TABLE[(crc >> 8) ^ byte]
    return crc


def decode_by_split(raw: bytes) -> dict:
    """Baseline: table check code and plain splits; no text values, no deviations, no diagnosis."""
    text = raw[6:-4]
    if crc_by_table(text) != int(raw[-4:], 16):
        raise ValueError("check code")
    header, _, area = text.decode().partition("CP=&&")
    fields = dict(part.split("=", 1) for part in header.split(";") if part)
    items: dict[str, dict[str, str]] = {}
    for part in area[:-2].replace(",", ";").split(";"):
        name, _, value = part.partition("=")
        code, _, attribute = name.partition("-")
        items.setdefault(code, {})[attribute] = value
    return {"header": fields, "items": items}


def frames_by_line(data: bytes) -> list[bytes]:
    """Baseline: cut at line ends; loses frames without CR LF, sticks at raw ciphertext."""
    return [line for line in data.split(b"\r\n") if line]


def timed(work: Callable[[], object], inner: int) -> float:
    """Median seconds of one call."""
    samples = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(inner):
            work()
        samples.append((time.perf_counter() - start) / inner)
    return statistics.median(samples)


def show(name: str, seconds: float, baseline: str, baseline_seconds: float, unit: str = "") -> None:
    print(
        f"{name:34} {seconds * 1e6:10.1f} us{unit:10} "
        f"{baseline_seconds / seconds:6.2f} x the speed of {baseline} ({baseline_seconds * 1e6:.1f} us)"
    )


def main() -> None:
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    hour = next(row for row in rows if row["id"] == "voc-480")["frame"].strip().encode()  # 480 bytes, 8 items
    segment = hour[6:-4]
    assert crc16(segment) == crc_by_table(segment) == crc_by_bits(segment)
    fold = timed(lambda: crc16(segment), 2000)
    show("crc16, 480 bytes", fold, "table loop", timed(lambda: crc_by_table(segment), 200))
    show("crc16, 480 bytes", fold, "the standard's bit loop", timed(lambda: crc_by_bits(segment), 20))

    show(
        "decode, 480 bytes", timed(lambda: decode(hour), 300), "plain splits", timed(lambda: decode_by_split(hour), 300)
    )

    stream = (wrap_segment(segment)) * 200
    assert [event.raw for event in Framer().feed(stream) if isinstance(event, FrameOk)] == frames_by_line(stream)
    by_length = timed(lambda: Framer().feed(stream), 5) / 200
    show(
        "Framer, 200 frames in one read",
        by_length,
        "cutting at CR LF, unchecked",
        timed(lambda: frames_by_line(stream), 50) / 200,
        "/frame",
    )
    reads = [stream[at : at + 1460] for at in range(0, len(stream), 1460)]

    def by_reads() -> None:
        framer = Framer()
        for read in reads:
            framer.feed(read)

    show("Framer, reads of 1460 bytes", timed(by_reads, 5) / 200, "one read", by_length, "/frame")

    hostile = b"##9999" * 1500 + b"&&0\r" * 250

    def attack() -> None:
        framer = Framer()
        framer.feed(hostile)
        framer.flush()

    show("Framer, 10 kB of hostile heads", timed(attack, 1), "10 kB of frames", by_length * 20)

    lines = [json.dumps(row).encode() for row in rows if row["kind"] == "frame"]
    pipe = timed(lambda: list(decode_lines(lines)), 2) / len(lines)
    answers = list(decode_lines(lines))
    only_json = timed(lambda: [json.dumps(json.loads(line), ensure_ascii=False) for line in lines + answers], 2)
    show("hj212 decode, shared frames", pipe, "reading and writing JSON alone", only_json / len(lines), "/line")
    print(f"{'':34} {1 / pipe:10.0f} lines/s in one process")
