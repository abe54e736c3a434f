"""qingtian-verify: checks an evidence package with nothing but Python 3.9 or newer, and names the first changed record.

    python3 verify.py                      the unpacked folder in which this file lies
    python3 verify.py PACKAGE.zip          a package, or an unpacked folder
    python3 verify.py PACKAGE --roots FILE compare the daily roots with a copy that was kept elsewhere

It looks at: the seal of the file, every member against the manifest, every record against the hash chain, every file
against its record (SHA-256, and SM3 where this Python has it), the journal events, the custody log, the daily roots.
Exit code 0: everything is as it was. 1: something is not. 2: this is no package.
"""

import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple  # noqa: UP035  for Python 3.9

Record = Any  # whatever a changed file may hold
Members = Dict[str, bytes]  # noqa: UP006

GENESIS = "0" * 64
SEAL_MARK = b"qingtian-seal-sha256:"
HEX = 64  # characters of a SHA-256
LOCAL_HEADER = 30  # bytes before the name of a ZIP member
READ_BY_LINE = ("chain.json", "timeline.json", "custody.json", "roots.json")


def canonical(record: Record) -> bytes:
    """UTF-8, keys sorted, no spaces; decimals are text already."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def link(prev_hash: str, record: Record) -> str:
    """h_i = SHA256(ascii(h_(i-1)) || canonical(record_i))."""
    return hashlib.sha256(prev_hash.encode("ascii") + canonical(record)).hexdigest()


class Report:
    """What was found: problems in the order of the records, and notes that are no problem."""

    def __init__(self) -> None:
        self.problems: List[str] = []  # noqa: UP006
        self.notes: List[str] = []  # noqa: UP006
        self.explained: Set[str] = set()  # noqa: UP006  members whose change a record names already

    def problem(self, text: str, member: str = "") -> None:
        """Something is not as it was."""
        self.problems.append(text)
        if member:
            self.explained.add(member)


def problems_of(place: Path, roots: Optional[Path] = None) -> List[str]:  # noqa: UP006, UP045
    """Everything in a package that is not as it was, the first changed record first."""
    return check(place, roots).problems


def check(place: Path, roots: Optional[Path] = None) -> Report:  # noqa: UP045
    """Look at a package: a ZIP file or an unpacked folder."""
    if place.is_dir():
        members = {
            one.relative_to(place).as_posix(): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()
        }
        return check_members(members, Report(), roots)
    return check_bytes(place.read_bytes(), roots)


def check_bytes(data: bytes, roots: Optional[Path] = None) -> Report:  # noqa: UP045
    """Look at the bytes of a package."""
    report = Report()
    whole = sealed(data)
    members = unzipped(data, report)
    if members or whole:
        check_members(members, report, roots)
    if not whole and not report.problems:
        report.problem("the container: bytes between the records were changed (the seal does not fit)")
    elif not whole:
        report.notes.append("the seal of the file does not fit")
    return report


def sealed(data: bytes) -> bool:
    """Whether the last 64 characters are the SHA-256 of everything before them."""
    body, seal = data[:-HEX], data[-HEX:]
    return body.endswith(SEAL_MARK) and hashlib.sha256(body).hexdigest().encode("ascii") == seal


def unzipped(data: bytes, report: Report) -> Members:
    """Members of the file as their bytes lie there, whatever their checksums say."""
    try:
        infos = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, UnicodeDecodeError, NotImplementedError, EOFError) as error:
        report.problem(f"the container cannot be read: {error}")
        return {}
    members = {}
    for info in infos:
        head = data[info.header_offset : info.header_offset + LOCAL_HEADER]
        if len(head) < LOCAL_HEADER or head[:4] != b"PK\x03\x04":
            report.problem(f"the container: the header of {info.filename} was changed")
            continue
        skip = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        start = info.header_offset + LOCAL_HEADER + skip
        members[info.filename] = data[start : start + info.file_size]
    return members


def check_members(members: Members, report: Report, roots: Optional[Path] = None) -> Report:  # noqa: UP045
    """Look at the members of a package."""
    head, items = lines_of(members, "chain.json", "item", report)
    _, events = lines_of(members, "timeline.json", "journal event", report)
    _, custody = lines_of(members, "custody.json", "custody entry", report)
    _, days = lines_of(members, "roots.json", "daily root", report)
    hashes = check_chain(members, items, report)
    check_events(events, hashes, report)
    check_custody(custody, report)
    check_roots(days, items, report, roots)
    counted = head.get("items_count") if isinstance(head, dict) else None
    if counted not in (None, len(items)) and "chain.json" not in report.explained:
        report.problem(f"the chain says {counted} items and holds {len(items)}", "chain.json")
    check_manifest(members, report)
    return report


def lines_of(members: Members, name: str, word: str, report: Report) -> Tuple[Optional[Record], List[Record]]:  # noqa: UP006, UP045
    """Rows of a file that holds one record a line; a line that cannot be read is named."""
    if name not in members:
        report.problem(f"{name} is missing", name)
        return None, []
    try:
        whole = json.loads(members[name].decode("utf-8"))
        return whole, [one if isinstance(one, dict) else {} for one in whole["rows"]]
    except (ValueError, KeyError, TypeError):
        pass
    rows: List[Record] = []  # noqa: UP006
    lines = members[name].split(b"\n")[1:-2]
    for number, line in enumerate(lines):
        try:
            rows.append(json.loads(line.decode("utf-8").rstrip(",")))
        except ValueError:
            report.problem(f"{word} {number}: it cannot be read any more", name)
            return None, rows
    report.problem(f"{name} cannot be read any more", name)
    return None, rows


def check_chain(members: Members, items: List[Record], report: Report) -> Set[str]:  # noqa: UP006
    """Records against the chain, files against their records; returns the hashes of the chain."""
    hashes: Set[str] = set()  # noqa: UP006
    prev_hash = GENESIS
    for index, item in enumerate(items):
        try:
            if item["prev_hash"] != prev_hash:
                report.problem(f"item {index}: the chain is broken before it", "chain.json")
            if link(item["prev_hash"], item["record"]) != item["hash"]:
                report.problem(f"item {index}: its record was changed", "chain.json")
            check_file(members, item, f"item {index}", report)
            prev_hash = item["hash"]
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
            report.problem(f"item {index}: its record was changed", "chain.json")
            prev_hash = item.get("hash", "") if isinstance(item, dict) else ""
        hashes.add(prev_hash)
    return hashes


def check_file(members: Members, item: Record, name: str, report: Report) -> None:
    """The file of an item against its record."""
    record, place = item["record"], item["file"]
    if not place:
        if record.get("sha256"):
            if not item.get("withheld"):
                report.problem(f"{name}: its file was left out", "chain.json")
            report.notes.append(f"{name}: the original is withheld; its redaction is in the package")
        return
    if place not in members:
        report.problem(f"{name}: {place} is missing", place)
        return
    content = members[place]
    if hashlib.sha256(content).hexdigest() != record["sha256"]:
        report.problem(f"{name}: {place} was changed", place)
    elif record.get("sm3"):
        found = sm3(content)
        if found is None and SM3_MISSING not in report.notes:
            report.notes.append(SM3_MISSING)
        elif found not in (None, record["sm3"]):
            report.problem(f"{name}: {place} has another SM3", place)


SM3_MISSING = "this Python has no SM3; the second digest was not looked at"


def sm3(content: bytes) -> Optional[str]:  # noqa: UP045
    """SM3 of some bytes; None where this Python cannot."""
    try:
        return hashlib.new("sm3", content).hexdigest()
    except ValueError:
        return None


def check_events(events: List[Record], hashes: Set[str], report: Report) -> None:  # noqa: UP006
    """Journal events against their hashes, and against the chain."""
    for event in events:
        try:
            record = {name: value for name, value in event.items() if name not in ("prev_hash", "hash")}
            if link(event["prev_hash"], record) != event["hash"]:
                report.problem(f"journal event {event['seq']}: it was changed", "timeline.json")
            # The chain alone does not show that items are missing at its end.
            if event["type"].endswith(".evidence_added") and event["payload"]["hash"] not in hashes:
                report.problem(
                    f"item {event['payload']['position']}: the journal tells of it, the chain does not", "chain.json"
                )
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
            report.problem(f"journal event {event.get('seq', '?')}: it was changed", "timeline.json")


def check_custody(entries: List[Record], report: Report) -> None:  # noqa: UP006
    """The custody log against its chain."""
    prev_hash = GENESIS
    for number, entry in enumerate(entries, start=1):
        try:
            fits = entry["prev_hash"] == prev_hash and link(prev_hash, entry["record"]) == entry["hash"]
            prev_hash = entry["hash"]
        except (KeyError, TypeError, UnicodeEncodeError):
            fits = False
        if not fits:
            report.problem(f"custody entry {number}: it was changed", "custody.json")
            return


def check_roots(days: List[Record], items: List[Record], report: Report, outside: Optional[Path]) -> None:  # noqa: UP006, UP045
    """Daily roots against their chain, items against the roots, roots against a copy from elsewhere."""
    known: Dict[int, Record] = {}  # noqa: UP006
    prev_hash = None
    for day in days:
        try:
            number = day["record"]["number"]
            if link(day["prev_hash"], day["record"]) != day["hash"] or prev_hash not in (None, day["prev_hash"]):
                report.problem(f"daily root {number}: it was changed", "roots.json")
            known[number], prev_hash = day, day["hash"]
        except (KeyError, TypeError, UnicodeEncodeError):
            report.problem("daily root: it was changed", "roots.json")
    bare = 0
    for index, item in enumerate(items):
        proof = item.get("proof") if isinstance(item, dict) else None
        bare += proof is None
        if proof is not None and not proven(item, proof, known):
            report.problem(f"item {index}: it is not under its daily root", "chain.json")
    if bare:
        report.notes.append(f"{bare} item(s) are not under a daily root yet")
    if outside is not None:
        compare_outside(known, outside, report)


def proven(item: Record, proof: Record, known: Dict[int, Record]) -> bool:  # noqa: UP006
    """Whether the path of an item leads to its root (RFC 6962)."""
    try:
        node = hashlib.sha256(b"\x00" + bytes.fromhex(item["hash"])).digest()
        place, last = proof["index"], proof["size"] - 1
        for text in proof["path"]:
            other = bytes.fromhex(text)
            if last <= 0:
                return False
            if place % 2 or place == last:
                node = hashlib.sha256(b"\x01" + other + node).digest()
                while place and place % 2 == 0:
                    place, last = place // 2, last // 2
            else:
                node = hashlib.sha256(b"\x01" + node + other).digest()
            place, last = place // 2, last // 2
        record = known[proof["root"]]["record"]
        return bool(last == 0 and node.hex() == record["root"] and record["items"] == proof["size"])
    except (KeyError, TypeError, ValueError):
        return False


def compare_outside(known: Dict[int, Record], outside: Path, report: Report) -> None:  # noqa: UP006
    """Daily roots of the package against a copy that was kept elsewhere."""
    kept = {}
    for line in outside.read_text("utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            kept[row["record"]["number"]] = row["hash"]
    for number, day in known.items():
        if number not in kept:
            report.notes.append(f"daily root {number}: the copy does not hold it")
        elif kept[number] != day["hash"]:
            report.problem(f"daily root {number}: the copy kept elsewhere is another one", "roots.json")


def check_manifest(members: Members, report: Report) -> None:
    """Every member against the manifest, the manifest against its seal."""
    manifest, seal = members.get("manifest.json"), members.get("SEAL", b"")
    if manifest is None:
        report.problem("manifest.json is missing")
        return
    if hashlib.sha256(manifest).hexdigest().encode("ascii") + b"\n" != seal:
        report.problem("manifest.json: it was changed, or its SEAL")
        return
    listed = {row["name"]: row for row in json.loads(manifest.decode("utf-8"))["rows"]}
    for name, row in listed.items():
        if name in report.explained:
            continue
        if name not in members:
            report.problem(f"{name} is missing")
        elif hashlib.sha256(members[name]).hexdigest() != row["sha256"]:
            report.problem(f"{name} was changed")
    for name in sorted(set(members) - set(listed) - {"manifest.json", "SEAL"} - report.explained):
        if "__pycache__" not in name:
            report.problem(f"{name} was added")


def said(report: Report) -> Iterator[str]:
    """What to print."""
    yield from report.problems
    if report.problems:
        yield f"{len(report.problems)} problem(s); the first: {report.problems[0].split(':')[0]} / 第一处改动"
    else:
        yield "intact / 完整"


def main(arguments: Optional[List[str]] = None) -> int:  # noqa: UP006, UP045
    """The command."""
    parser = argparse.ArgumentParser(prog="qingtian-verify", description="Check an evidence package.")
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--roots", type=Path, help="daily-roots.jsonl as kept elsewhere")
    parser.add_argument("--notes", action="store_true", help="also tell what could not be looked at")
    given = parser.parse_args(arguments)
    if not given.package.is_file() and not (given.package / "chain.json").is_file():
        print(f"{given.package} is no evidence package / 不是证据包", file=sys.stderr)
        return 2
    report = check(given.package, given.roots)
    lines = [*said(report), *(f"note: {one}" for one in report.notes if given.notes)]
    # Any terminal can show it, whatever its encoding.
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode("utf-8"))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
