"""Evidence: canonical JSON, hash chain, digests, daily roots, written records, and what automatic data must satisfy."""

from qingtian.domain.evidence.admissibility import (
    Admissibility,
    AdmissibilityCheck,
    AdmissibilityRule,
    AutomaticValue,
    Calibration,
    Equipment,
    Sample,
    Unmet,
    assess,
    outranking,
)
from qingtian.domain.evidence.canonical import canonical_json
from qingtian.domain.evidence.chain import GENESIS, ChainBreak, Link, build_chain, next_hash, verify_chain
from qingtian.domain.evidence.digests import Digests, digests_of, new_sm3
from qingtian.domain.evidence.merkle import EMPTY_ROOT, audit_path, merkle_root, root_of_path
from qingtian.domain.evidence.records import RecordField, RecordType, checked_record

__all__ = [
    "EMPTY_ROOT",
    "GENESIS",
    "Admissibility",
    "AdmissibilityCheck",
    "AdmissibilityRule",
    "AutomaticValue",
    "Calibration",
    "ChainBreak",
    "Digests",
    "Equipment",
    "Link",
    "RecordField",
    "RecordType",
    "Sample",
    "Unmet",
    "assess",
    "audit_path",
    "build_chain",
    "canonical_json",
    "checked_record",
    "digests_of",
    "merkle_root",
    "new_sm3",
    "next_hash",
    "outranking",
    "root_of_path",
    "verify_chain",
]
