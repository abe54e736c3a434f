"""Evidence: canonical JSON and the hash chain that freezes a case."""

from qingtian.domain.evidence.canonical import canonical_json
from qingtian.domain.evidence.chain import GENESIS, ChainBreak, Link, build_chain, next_hash, verify_chain

__all__ = ["GENESIS", "ChainBreak", "Link", "build_chain", "canonical_json", "next_hash", "verify_chain"]
