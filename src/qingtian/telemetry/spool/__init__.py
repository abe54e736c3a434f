"""The segment spool: raw frames, append-only, durable before they are acknowledged; the archive of evidence."""

from __future__ import annotations

from qingtian.telemetry.spool.chain import ChainHead, chain_head
from qingtian.telemetry.spool.finding import find_by_hash, find_by_mn
from qingtian.telemetry.spool.folder import read_durable, segments, spool_path
from qingtian.telemetry.spool.format import SpoolRecord, Verdict
from qingtian.telemetry.spool.reader import read_all, read_batch, read_frame, scan
from qingtian.telemetry.spool.verifying import verify
from qingtian.telemetry.spool.writer import SpoolWriter

__all__ = [
    "ChainHead",
    "SpoolRecord",
    "SpoolWriter",
    "Verdict",
    "chain_head",
    "find_by_hash",
    "find_by_mn",
    "read_all",
    "read_batch",
    "read_durable",
    "read_frame",
    "scan",
    "segments",
    "spool_path",
    "verify",
]
