"""Rule packs: data with source, clause, validity and confidence, and their loader."""

from __future__ import annotations

from qingtian.packs.rulebook import Packs, load_packs, use_pack_folders

__all__ = ["Packs", "load_packs", "use_pack_folders"]
