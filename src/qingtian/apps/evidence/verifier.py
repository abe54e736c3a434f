"""Checks an evidence package: every record against the hash chain, every file against its record, each journal event.

Run it beside chain.json with any Python 3.9 or newer; it needs nothing else: python3 verify.py
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def canonical(record: Record) -> bytes:
    """UTF-8, keys sorted, no spaces; decimals are text already."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def link(prev_hash: str, record: Record) -> str:
    """h_i = SHA256(ascii(h_(i-1)) || canonical(record_i))."""
    return hashlib.sha256(prev_hash.encode("ascii") + canonical(record)).hexdigest()


def problems_of(folder: Path) -> list[str]:
    """Everything in a package that is not as it was."""
    found: list[str] = []
    chained: set[str] = set()
    prev_hash = "0" * 64
    for index, item in enumerate(json.loads((folder / "chain.json").read_text("utf-8"))["items"]):
        if item["prev_hash"] != prev_hash:
            found.append(f"item {index}: the chain is broken before it")
        if link(item["prev_hash"], item["record"]) != item["hash"]:
            found.append(f"item {index}: its record was changed")
        found += [f"item {index}: {text}" for text in file_problems(folder, item)]
        prev_hash = item["hash"]
        chained.add(prev_hash)
    for event in json.loads((folder / "timeline.json").read_text("utf-8")):
        record = {name: value for name, value in event.items() if name not in ("prev_hash", "hash")}
        if link(event["prev_hash"], record) != event["hash"]:
            found.append(f"journal event {event['seq']}: it was changed")
        # The chain alone does not show that items are missing at its end.
        if event["type"].endswith(".evidence_added") and event["payload"]["hash"] not in chained:
            found.append(f"item {event['payload']['position']}: the journal tells of it, the chain does not")
    return found


def file_problems(folder: Path, item: Record) -> list[str]:
    """What is wrong with the file of an item."""
    if not item["file"]:
        return []
    path = folder / item["file"]
    if not path.is_file():
        return [f"{item['file']} is missing"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return [] if digest == item["record"]["sha256"] else [f"{item['file']} was changed"]


if __name__ == "__main__":
    problems = problems_of(Path(__file__).resolve().parent)
    print("\n".join(problems) or "intact / 完整")
    sys.exit(1 if problems else 0)
