"""An observation as evidence: the parsed row and the raw frame, byte for byte, in one canonical document."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.telemetry.store.port import Observation

FORMAT = "qingtian-observation-1"


def freeze(observation: Observation, raw_frame: bytes | None) -> bytes:
    """The canonical document of an observation.

    Args:
        observation: the row, as the store gives it.
        raw_frame: the bytes that the device sent; None for imports and roll-ups, which have none.
    Raises:
        InvalidInput: the frame is not the one whose hash the row holds.
    """
    if raw_frame is not None and hashlib.sha256(raw_frame).hexdigest() != observation.frame_hash:
        raise InvalidInput(
            "the raw frame does not have the hash of the observation", field="raw_frame", remedy="check the spool"
        )
    return canonical_json(document(observation, raw_frame))


def document(observation: Observation, raw_frame: bytes | None) -> dict[str, Any]:
    """The fields of the document; values as decimals, times with offset."""
    return {
        "format": FORMAT,
        "site": observation.site,
        "pollutant": observation.pollutant,
        "cycle": observation.cycle.value,
        "period_start": observation.period_start.isoformat(),
        "value": observation.value,
        "minimum": observation.minimum,
        "maximum": observation.maximum,
        "total": observation.total,
        "converted": observation.converted,
        "unit": observation.unit,
        "mark": observation.mark,
        "origin": observation.origin.value,
        "simulated": observation.simulated,
        "frame_hash": observation.frame_hash,
        "segment": observation.segment,
        "frame_offset": observation.frame_offset,
        "received_at": observation.received_at.isoformat(),
        "version": observation.version,
        "raw_frame_base64": None if raw_frame is None else base64.b64encode(raw_frame).decode("ascii"),
    }
