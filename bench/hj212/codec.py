"""HJ 212 codec: check code, framing, decoding, building and the bulk pipe, each against a named baseline in one run."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from qingtian.cli.hj212 import decode_lines
from qingtian.domain.hj212 import (
    FrameOk,
    Framer,
    WireSettings,
    build_command,
    build_data_ack,
    build_frame,
    decode,
    wrap_segment,
)
from qingtian.domain.hj212.crc import _TABLE, crc16
from qingtian.domain.hj212.decoding import decode_tolerantly

ROWS = Path(__file__).parents[2] / "tests" / "data" / "hj212" / "frames.jsonl"
REPEATS = 15
POLYNOMIAL = 0xA001
DEVICES, MINUTES = 200, 25  # frames of as many devices, so that nothing repeats but what repeats in life
FRAME_BYTES = 435
TARGET_DECODE, TARGET_FRAMING = 40_000, 75_000  # frames/s/core, issue 3
CODES = ("w01001", "w01009", "w01010", "w01014", "w01003", "w21011", "w21001", "w21003", "w01019", "w01008")


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
    """Baseline: cut at line ends, check by table; loses frames without CR LF, sticks at raw ciphertext."""
    return [line for line in data.split(b"\r\n") if line and crc_by_table(line[6:-4]) == int(line[-4:], 16)]


def timed(work: Callable[[], object], inner: int) -> float:
    """Median processor seconds of one call: other work on the machine counts less than on the clock."""
    samples = []
    for _ in range(REPEATS):
        start = time.process_time()
        for _ in range(inner):
            work()
        samples.append((time.process_time() - start) / inner)
    return statistics.median(samples)


def each(work: Callable[[object], object], things: list) -> float:
    """Median processor seconds of one of many calls; what a call returns is dropped, as in a gateway."""
    return timed(lambda: deque(map(work, things), maxlen=0), 1) / len(things)


def show(name: str, seconds: float, baseline: str, baseline_seconds: float, unit: str = "") -> None:
    print(
        f"{name:38} {seconds * 1e6:10.1f} us{unit:7} "
        f"{baseline_seconds / seconds:6.2f} x the speed of {baseline} ({baseline_seconds * 1e6:.1f} us)"
    )


def rate(name: str, seconds: float, target: int) -> None:
    met = "met" if 1 / seconds >= target else "MISSED"
    print(f"{name:38} {1 / seconds:10,.0f} frames/s/core, target {target:,}: {met}")


def fleet() -> list[bytes]:
    """Frames of 435 bytes from many water stations, every one with its own number, time and values."""
    rng, found = random.Random(212), []
    for minute in range(MINUTES):
        for device in range(DEVICES):
            values = ";".join(f"{code}-Rtd={rng.random() * 10:.4f},{code}-Flag=N" for code in CODES)
            raw = build_frame(
                qn=f"2024060108{minute:02d}{device % 60:02d}{device:03d}", st="32", cn="2011", pw="123456",
                mn=f"010000A8900016F{device:04X}", flag=5, cp=f"DataTime=2024060108{minute:02d}00;{values}",
            ).rstrip()  # fmt: skip
            found.append(raw)
    return found


def bench_crc(segment: bytes) -> None:
    assert crc16(segment) == crc_by_table(segment) == crc_by_bits(segment)
    fold = timed(lambda: crc16(segment), 2000)
    show(f"crc16, {len(segment)} bytes", fold, "a table loop", timed(lambda: crc_by_table(segment), 200))
    show(f"crc16, {len(segment)} bytes", fold, "the standard's bit loop", timed(lambda: crc_by_bits(segment), 20))


def bench_decode(frames: list[bytes]) -> None:
    size = round(statistics.mean(map(len, frames)))
    wire = WireSettings(password="123456")
    plain = each(decode_by_split, frames)
    quick = each(decode, frames)
    registered = each(lambda raw: decode(raw, wire=wire), frames)
    tolerant = each(decode_tolerantly, frames)
    show(f"decode, {size} bytes, {DEVICES} devices", quick, "plain splits and a table loop", plain)
    show("decode by the settings of the device", registered, "plain splits and a table loop", plain)
    show("decode, the tolerant way", tolerant, "plain splits and a table loop", plain)
    rate("decode", quick, TARGET_DECODE)


def bench_framing(frames: list[bytes]) -> None:
    stream = b"".join(raw + b"\r\n" for raw in frames)
    assert [event.raw for event in Framer().feed(stream) if isinstance(event, FrameOk)] == frames_by_line(stream)
    count = len(frames)
    chunks = [stream[at : at + 65_536] for at in range(0, len(stream), 65_536)]
    reads = [stream[at : at + 1460] for at in range(0, len(stream), 1460)]

    def run(pieces: list[bytes]) -> None:
        framer = Framer()
        for piece in pieces:
            framer.feed(piece)

    by_line = timed(lambda: frames_by_line(stream), 1) / count
    large = timed(lambda: run(chunks), 1) / count
    small = timed(lambda: run(reads), 1) / count
    alone = each(lambda raw: Framer().feed(raw + b"\r\n"), frames)
    show("framing + CRC, reads of 64 KiB", large, "lines and a table loop", by_line, "/frame")
    show("framing + CRC, reads of 1460 bytes", small, "lines and a table loop", by_line, "/frame")
    show("framing + CRC, a connection per frame", alone, "lines and a table loop", by_line, "/frame")
    rate("framing + CRC, reads of 1460 bytes", small, TARGET_FRAMING)
    hostile = b"##9999" * 1500 + b"&&0\r" * 250

    def attack() -> None:
        framer = Framer()
        framer.feed(hostile)
        framer.flush()

    show("framing, 10 kB of hostile heads", timed(attack, 1), "10 kB of frames", large * 23)


def bench_building(frames: list[bytes]) -> None:
    read = [decode(raw) for raw in frames]
    header = "QN={};ST=91;CN=9014;PW=123456;MN={};Flag=4;CP=&&&&"
    by_hand = each(lambda one: wrap_segment(header.format(one.qn, one.mn).encode()), read)
    answers = each(build_data_ack, read)
    show("answer 9014", answers, "a format string and its check code", by_hand)
    wire, params = WireSettings(), {"BeginTime": "20240601080000", "EndTime": "20240601090000"}
    order = {"mn": read[0].mn, "st": "32", "cn": "2061", "qn": read[0].qn, "params": params}
    show("order 2061, every field checked", timed(lambda: build_command(wire, **order), 1000), "an answer", answers)


def bench_pipe() -> None:
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps(row).encode() for row in rows if row["kind"] == "frame"]
    pipe = timed(lambda: list(decode_lines(lines)), 2) / len(lines)
    answers = list(decode_lines(lines))
    only_json = timed(lambda: [json.dumps(json.loads(line), ensure_ascii=False) for line in lines + answers], 2)
    show("hj212 decode, shared frames", pipe, "reading and writing JSON alone", only_json / len(lines), "/line")
    print(f"{'':38} {1 / pipe:10,.0f} lines/s in one process")


def main() -> None:
    frames = fleet()
    assert abs(statistics.mean(map(len, frames)) - FRAME_BYTES) < 0.5
    bench_crc(frames[0][6:-4])
    bench_decode(frames)
    bench_framing(frames)
    bench_building(frames)
    bench_pipe()
