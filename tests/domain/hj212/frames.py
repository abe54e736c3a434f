"""Frames for the tests: the shared rows, and strategies that build and break frames."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from qingtian.domain.hj212 import build_upload, wrap_segment

ROWS_FILE = Path(__file__).parents[2] / "data" / "hj212" / "frames.jsonl"
MN = "010000A8900016F000169DC0"
HEADER = f"QN=20240601085857223;ST=32;CN=2011;PW=123456;MN={MN};Flag=5"
CP = "DataTime=20240601085857;w01018-Rtd=21.4,w01018-Flag=N"


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, Any], ...]:
    """All rows of the shared set."""
    return tuple(json.loads(line) for line in ROWS_FILE.read_text(encoding="utf-8").splitlines())


def row(name: str) -> dict[str, Any]:
    """One row by its id."""
    return next(entry for entry in rows() if entry["id"] == name)


def raw_of(entry: dict[str, Any]) -> bytes:
    """Bytes of a frame row."""
    return bytes.fromhex(entry["frame_hex"]) if "frame_hex" in entry else entry["frame"].encode()


def chunks_of(entry: dict[str, Any]) -> list[bytes]:
    """Reads of a stream row."""
    return [bytes.fromhex(chunk) for chunk in entry["chunks_hex"]]


def key_of(entry: dict[str, Any]) -> bytes | None:
    """SM4 key of a row."""
    return bytes.fromhex(entry["sm4_key_hex"]) if "sm4_key_hex" in entry else None


def frame(cp: str | bytes = CP, header: str = HEADER) -> bytes:
    """A frame with a right length and check code around any header and data area."""
    data = cp.encode() if isinstance(cp, str) else cp
    return wrap_segment(header.encode() + b";CP=&&" + data + b"&&")


CODES = st.from_regex(r"\A[aw][0-9]{5}\Z") | st.sampled_from(["011", "B01", "S01", "O3", "ele01", "LA"])
VALUES = st.decimals(-9999, 99999, places=3).map(str) | st.sampled_from(["", "NaN", "--", "-0.00", "1.2E-1"])
ATTRIBUTES = st.fixed_dictionaries({"Rtd": VALUES}, optional={"Flag": st.sampled_from("NFMSDCTB"), "ZsRtd": VALUES})
ITEMS = st.dictionaries(CODES, ATTRIBUTES, max_size=8)
_FIRST, _LAST = (datetime.fromisoformat(text) for text in ("2000-01-01", "2099-12-31"))
MNS = st.from_regex(r"\A[0-9A-Za-z_-]{1,32}\Z")
TIMES = st.datetimes(_FIRST, _LAST).map(lambda at: f"{at:%Y%m%d%H%M%S}")


@st.composite
def uploads(draw: st.DrawFn) -> bytes:
    """A correct upload frame with CR LF."""
    return build_upload(
        mn=draw(MNS),
        st=draw(st.sampled_from(["21", "22", "31", "32"])),
        cn=draw(st.sampled_from(["2011", "2031", "2051", "2061"])),
        qn=draw(st.none() | TIMES.map(lambda text: text + "001")),
        data_time=draw(TIMES),
        items=draw(ITEMS),
        flag=draw(st.sampled_from([None, 0, 1, 4, 5, 8, 9])),
        pw="123456",
    )
