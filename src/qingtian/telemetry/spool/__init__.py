"""The segment spool: raw frames, append-only, durable before they are acknowledged; the archive of evidence."""

from __future__ import annotations

from qingtian.telemetry.spool.folder import read_durable, segments, spool_path
from qingtian.telemetry.spool.format import SpoolRecord, Verdict
from qingtian.telemetry.spool.reader import find_by_hash, read_all, read_batch, read_frame, scan, verify
from qingtian.telemetry.spool.writer import SpoolWriter

__all__ = [
    "SpoolRecord",
    "SpoolWriter",
    "Verdict",
    "find_by_hash",
    "read_all",
    "read_batch",
    "read_durable",
    "read_frame",
    "scan",
    "segments",
    "spool_path",
    "verify",
]
