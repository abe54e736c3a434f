"""The evidence of a subject as one file, with a verifier that needs nothing but Python."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, BinaryIO

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.admissibility import assessed
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.custody import custody_record, log_custody, log_of
from qingtian.apps.evidence.models import CustodyAct, DailyRoot, EvidenceItem
from qingtian.apps.evidence.queries import may_open_original, verify_evidence
from qingtian.apps.evidence.roots import proofs_of, root_link
from qingtian.apps.evidence.storage.port import CHUNK
from qingtian.apps.evidence.subjects import Subject, SubjectFacts, facts_of
from qingtian.apps.journal.queries import history
from qingtian.apps.journal.record import SHANGHAI, event_record
from qingtian.domain.errors import Conflict
from qingtian.verifier import HEX, SEAL_MARK

FORMAT = "qingtian-evidence-2"
README = """证据包 / Evidence package {number}

chain.json          每项证据的记录、哈希链与每日根证明 / records, hash chain, proofs under the daily roots
timeline.json       办理经过（日志摘录）/ what happened, from the journal
custody.json        查看、导出、移动记录 / who saw, exported, moved it
roots.json          每日根 / daily roots
admissibility.json  自动监测数据作为证据的审查 / the checks of automatic data
items.csv           清单 / the list
files/              证据原件 / the evidence, byte for byte
manifest.json SEAL  各成员的摘要 / digests of every member
verify.py           校验：python3 verify.py / check it: python3 verify.py
"""
COLUMNS = ("position", "kind", "title", "captured_at", "captured_by", "added_at", "added_by", "sha256", "sm3")
MEASURED = ("object", "param", "cycle", "start", "value", "converted", "unit", "mark")


@dataclass(frozen=True, slots=True)
class Written:
    """A package that was written.

    Args:
        items: how many it holds.
        sha256: of the whole file; the custody log keeps it.
        withheld: originals that were left out because they are redacted.
    """

    items: int
    sha256: str
    withheld: int


def write_package(actor: Actor, at: datetime, subject: Subject, target: BinaryIO, *, originals: bool = True) -> Written:
    """Write the evidence of a subject as a sealed ZIP file.

    Args:
        at: city time, stated in the package.
        target: an open binary file that can be read again.
        originals: whether originals of redacted items go with it; only if the actor may open them.
    Raises:
        NotVisible: the actor may not see the subject.
        Conflict: the evidence is not as it was; names the first break.
    """
    facts = facts_of(actor, subject)
    _refuse_broken(actor, facts)
    items = list(chain_of(subject).select_related("object").prefetch_related("redactions"))
    may_all = may_open_original(actor, facts)
    withheld = {
        item.pk
        for item in items
        if item.redactions.all() and not (originals and (may_all or item.added_by == actor.username))
    }
    package = _Package(target, at)
    package.write("README.txt", README.format(number=facts.number))
    package.write("chain.json", _chain(actor, at, facts, items, withheld))
    package.write("timeline.json", _rows(_timeline(subject)))
    package.write("custody.json", _rows(_custody(subject)))
    package.write("roots.json", _rows(_roots(items)))
    package.write("admissibility.json", _rows(one.as_json() for one in assessed(items)))
    package.write("items.csv", _table(items))
    package.write("verify.py", files("qingtian").joinpath("verifier.py").read_text("utf-8"))
    for item in items:
        if item.sha256 and item.pk not in withheld:
            package.copy(_name(item), item.sha256)
    digest = package.seal()
    detail = {"package_sha256": digest, "items": len(items), "withheld": len(withheld)}
    log_custody(actor, at, subject, CustodyAct.EXPORTED, detail=detail)
    return Written(len(items), digest, len(withheld))


class _Package:
    """A ZIP file whose members lie there uncompressed, with a manifest and a seal at its end.

    Uncompressed, so that a changed byte can be traced to the record in which it lies.
    """

    def __init__(self, target: BinaryIO, at: datetime) -> None:
        self._target = target
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self._moment = at.astimezone(SHANGHAI).timetuple()[:6]
        self._rows: list[dict[str, Any]] = []

    def write(self, name: str, text: str) -> None:
        content = text.encode("utf-8")
        self._zip.writestr(self._info(name), content)
        self._rows.append({"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})

    def copy(self, name: str, sha256: str) -> None:
        size = 0
        with content_store().open(sha256) as source, self._zip.open(self._info(name), "w", force_zip64=False) as place:
            while chunk := source.read(CHUNK):
                place.write(chunk)
                size += len(chunk)
        self._rows.append({"name": name, "size": size, "sha256": sha256})

    def seal(self) -> str:
        """Close the file; returns the SHA-256 of all its bytes."""
        manifest = _rows(self._rows).encode("utf-8")
        self._zip.writestr(self._info("manifest.json"), manifest)
        self._zip.writestr(self._info("SEAL"), hashlib.sha256(manifest).hexdigest() + "\n")
        self._zip.comment = SEAL_MARK + b"0" * HEX
        self._zip.close()
        self._target.seek(0)
        digest, length = hashlib.sha256(), self._target.seek(0, io.SEEK_END) - HEX
        self._target.seek(0)
        while length:
            chunk = self._target.read(min(CHUNK, length))
            digest.update(chunk)
            length -= len(chunk)
        seal = digest.copy().hexdigest().encode("ascii")
        self._target.seek(-HEX, io.SEEK_END)
        self._target.write(seal)
        digest.update(seal)
        return digest.hexdigest()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, date_time=self._moment)
        info.external_attr = 0o644 << 16
        return info


def _refuse_broken(actor: Actor, facts: SubjectFacts) -> None:
    report = verify_evidence(actor, facts.subject)
    if not report.intact:
        what = "the custody log" if report.first_break is None else f"item {report.first_break}"
        raise Conflict(
            f"{what} of {facts.number} is not as it was",
            field="evidence",
            remedy="restore it from the backup before it leaves the house",
        )


def _chain(actor: Actor, at: datetime, facts: SubjectFacts, items: list[EvidenceItem], withheld: set[int]) -> str:
    proofs = proofs_of(items)
    head = {
        "format": FORMAT,
        facts.subject.kind.value: facts.number,
        "title": facts.title_zh,
        "simulated": facts.simulated,
        "exported_at": at.astimezone(SHANGHAI).isoformat(),
        "exported_by": actor.username,
        "items_count": len(items),
    }
    rows = [
        {
            "record": item.record,
            "prev_hash": item.prev_hash,
            "hash": item.hash,
            "file": _name(item) if item.sha256 and item.pk not in withheld else None,
            "withheld": item.pk in withheld,
            "proof": proofs[item.pk].as_json() if item.pk in proofs else None,
        }
        for item in items
    ]
    return _rows(rows, head)


def _timeline(subject: Subject) -> list[dict[str, Any]]:
    events = history(subject.kind.value, subject.id)
    return [{**event_record(event), "prev_hash": event.prev_hash, "hash": event.hash} for event in events]


def _custody(subject: Subject) -> list[dict[str, Any]]:
    return [{"record": custody_record(one), "prev_hash": one.prev_hash, "hash": one.hash} for one in log_of(subject)]


def _roots(items: list[EvidenceItem]) -> list[dict[str, Any]]:
    """Roots from the first that stands for one of the items to the newest, which a copy elsewhere may hold."""
    if not items:
        return []
    first = DailyRoot.objects.filter(last_item__gte=items[0].pk).order_by("number").first()
    return [root_link(one) for one in DailyRoot.objects.filter(number__gte=first.number)] if first else []


def _table(items: Iterable[EvidenceItem]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*COLUMNS, *MEASURED))
    for item in items:
        known = {**item.record, "kind": item.kind, "title": item.title}
        writer.writerow([_cell(known.get(name)) for name in (*COLUMNS, *MEASURED)])
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> str:
    # A spreadsheet must not take a title for a formula.
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") else text


def _name(item: EvidenceItem) -> str:
    # The position keeps equal names apart; the name itself was cut to its last part when it came in.
    return f"files/{item.position:03d}-{item.file_name or item.sha256[:12]}"


def _rows(rows: Iterable[Mapping[str, Any]], head: Mapping[str, Any] | None = None) -> str:
    """JSON with one row a line, so that a damaged line can be named."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in rows)
    start = json.dumps({**(head or {"format": FORMAT}), "rows": []}, ensure_ascii=False)[:-2]
    return f"{start}\n{lines}\n]}}\n"
