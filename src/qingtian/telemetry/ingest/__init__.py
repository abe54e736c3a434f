"""From the spool to the store."""

from __future__ import annotations

from qingtian.telemetry.ingest.loop import IngestCounters, IngestLoop

__all__ = ["IngestCounters", "IngestLoop"]
