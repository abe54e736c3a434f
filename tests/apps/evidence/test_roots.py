"""Daily roots: what they stand for, where they are kept, and what a rewritten house cannot hide."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import NOW, outlet
from tests.apps.evidence.test_evidence import PDF, attach

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.make_daily_root import make_daily_root
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.anchoring import targets as places
from qingtian.apps.evidence.anchoring.rfc3161 import request_of, stamp_of
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.models import AnchorReceipt, DailyRoot, EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.roots import hashes_under, proofs_of, verify_roots
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import Conflict, NotPermitted, Unavailable
from qingtian.domain.evidence import EMPTY_ROOT, merkle_root
from qingtian.duties.anchor_evidence import anchor_evidence
from qingtian.duties.duty import DutyContext
from qingtian.runtime.settings import load_settings
from qingtian.verifier import check, check_bytes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(db: None) -> Case:
    return opened(outlet())


def root_of(at: Any = NOW + DAY) -> DailyRoot:
    made = make_daily_root(SYSTEM_ACTOR, at)
    assert made is not None
    return made


def test_a_root_stands_for_the_items_of_the_day_and_the_journal(case: Case) -> None:
    first = attach(case)
    review = review_evidence(INSPECTOR, NOW, of_case(case.pk), 0, result=ReviewResult.PASS)
    head = Event.objects.latest("seq")
    root = root_of()
    assert (root.number, root.day, root.items) == (1, NOW.date(), 2)
    assert root.root == merkle_root([first.hash, review.hash]) and hashes_under(root) == [first.hash, review.hash]
    assert (root.record["journal_seq"], root.record["journal_head"]) == (head.seq, head.hash)
    event = Event.objects.latest("seq")
    assert (event.type, event.payload["root"]) == ("evidence.anchored", root.root)
    assert verify_roots().intact


def test_a_day_has_one_root_and_the_days_follow_each_other(case: Case) -> None:
    attach(case)
    first = root_of()
    assert make_daily_root(SYSTEM_ACTOR, NOW + DAY + timedelta(hours=3)) is None
    assert make_daily_root(SYSTEM_ACTOR, NOW) is None  # city time was set back
    second = root_of(NOW + 4 * DAY)  # the worker stood still for days
    assert (second.number, second.day, second.items, second.root) == (2, (NOW + 3 * DAY).date(), 0, EMPTY_ROOT)
    assert second.prev_hash == first.hash
    assert proofs_of([first_item(case)])[first_item(case).pk].number == 1


def first_item(case: Case) -> Any:
    return chain_of(of_case(case.pk)).first()


def test_items_of_the_running_day_wait_for_the_next_root(case: Case) -> None:
    attach(case)
    assert root_of(NOW).items == 0
    later = root_of(NOW + DAY)
    assert (later.items, later.number) == (1, 2)


def test_only_the_system_makes_roots(case: Case) -> None:
    with pytest.raises(NotPermitted):
        make_daily_root(HANDLER, NOW + DAY)


@pytest.mark.parametrize(
    ("table", "statement", "broken"),
    [
        ("evidence_dailyroot", "UPDATE evidence_dailyroot SET record = record || '{\"items\": 9}' WHERE number = 2", 2),
        ("evidence_dailyroot", "DELETE FROM evidence_dailyroot WHERE number = 1", 2),
        ("evidence_evidenceitem", "UPDATE evidence_evidenceitem SET hash = repeat('a', 64) WHERE position = 1", 2),
        ("evidence_evidenceitem", "DELETE FROM evidence_evidenceitem WHERE position = 0", 1),
    ],
)
def test_rewriting_past_the_triggers_is_found(case: Case, table: str, statement: str, broken: int) -> None:
    attach(case)
    root_of()
    attach_file(
        HANDLER,
        NOW + DAY,
        of_case(case.pk),
        PDF + b"2",
        kind=EvidenceKind.PHOTO,
        media_type="application/pdf",
        file_name="2.pdf",
    )
    root_of(NOW + 2 * DAY)
    assert verify_roots().intact
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        cursor.execute(statement)
    assert verify_roots().broken == broken


def test_the_package_proves_its_items_under_the_roots(case: Case, tmp_path: Path) -> None:
    attach(case)
    root_of()
    target = io.BytesIO()
    write_package(HANDLER, NOW + DAY, of_case(case.pk), target)
    report = check_bytes(target.getvalue())
    assert report.problems == [] and not any("daily root" in note for note in report.notes)
    copy = tmp_path / "daily-roots.jsonl"
    places.FileTarget(copy).keep(DailyRoot.objects.get())
    package = tmp_path / "package.zip"
    package.write_bytes(target.getvalue())
    assert check(package, copy).problems == []
    copy.write_text(copy.read_text().replace('"hash":"', '"hash":"0'))
    assert check(package, copy).problems == ["daily root 1: the copy kept elsewhere is another one"]


# Where roots are kept


@contextmanager
def listening(answer: Any) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A web server of one answer: (status, body) or a function of the body that was sent."""
    seen: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.headers["Content-Type"], body))
            status, content = answer(body) if callable(answer) else answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_file_grows_by_one_line_a_root_and_by_none_for_the_same(case: Case, tmp_path: Path) -> None:
    target = places.FileTarget(tmp_path / "a" / "roots.jsonl")
    first, second = root_of(), root_of(NOW + 2 * DAY)
    for root in (first, first, second, second):
        target.keep(root)
    lines = target.path.read_text("utf-8").splitlines()
    assert [json.loads(line)["record"]["number"] for line in lines] == [1, 2]
    target.path.write_text(lines[0].replace(first.hash, "f" * 64) + "\n")
    with pytest.raises(Conflict, match="holds another daily root 1"):
        target.keep(first)


def test_the_folder_gets_one_file_a_root_that_is_never_written_again(case: Case, tmp_path: Path) -> None:
    target, root = places.FolderTarget(tmp_path), root_of()
    assert target.keep(root) == target.keep(root) == {"file": "root-000001-2025-11-24.json"}
    path = tmp_path / "root-000001-2025-11-24.json"
    assert path.stat().st_mode & 0o777 == 0o444 and json.loads(path.read_text())["hash"] == root.hash
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(Conflict):
        target.keep(root)
    with pytest.raises(Unavailable, match="did not keep"):
        places.FolderTarget(tmp_path / "not-mounted").keep(root)


def test_a_web_address_gets_the_line_and_its_answer_is_kept(case: Case) -> None:
    root = root_of()
    with listening((201, b"kept as 77")) as (url, seen):
        assert places.UrlTarget(url).keep(root) == {"answer": "kept as 77"}
    assert seen == [("application/json", places.line_of(root).encode())]
    with listening((500, b"")) as (url, _), pytest.raises(Unavailable):
        places.UrlTarget(url).keep(root)
    with pytest.raises(Unavailable, match="no web address"):
        places.UrlTarget("file:///etc/passwd").keep(root)


TSA = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = Test TSA
[stamping]
extendedKeyUsage = critical,timeStamping
"""


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A time-stamping authority of OpenSSL with its own key."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "tsa.conf").write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01\n")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config", "tsa.conf"]
    run([*command, "-keyout", "tsa.key", "-out", "tsa.pem"], folder)
    return folder


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stamps(folder: Path) -> Any:
    def answer(query: bytes) -> tuple[int, bytes]:
        (folder / "query.tsq").write_bytes(query)
        run(["openssl", "ts", "-reply", "-config", "tsa.conf", "-queryfile", "query.tsq", "-out", "reply.tsr"], folder)
        return 200, (folder / "reply.tsr").read_bytes()

    return answer


def test_a_real_time_stamp_is_kept_and_verifies_with_openssl(case: Case, authority: Path) -> None:
    attach(case)
    root = root_of()
    with listening(stamps(authority)) as (url, seen):
        receipt = places.StampTarget(url).keep(root)
    assert seen[0][0] == "application/timestamp-query"
    (authority / "kept.tsr").write_bytes(base64.b64decode(receipt["token_base64"]))
    said = run(["openssl", "ts", "-verify", "-digest", root.hash, "-in", "kept.tsr", "-CAfile", "tsa.pem"], authority)
    assert "Verification: OK" in said


def test_a_stamp_of_something_else_or_a_refusal_is_no_stamp(authority: Path) -> None:
    answer = stamps(authority)
    digest, other = b"\x11" * 32, b"\x22" * 32
    _, stamp = answer(request_of(digest, 77))
    assert stamp_of(stamp, digest, 77).token == stamp
    for asked in ((other, 77), (digest, 78)):
        with pytest.raises(Unavailable, match="gave no stamp"):
            stamp_of(stamp, *asked)
    for nonsense in (b"", b"\x30", b"<html>", bytes.fromhex("3005300302010200"), stamp[:40]):
        with pytest.raises(Unavailable, match="gave no stamp"):
            stamp_of(nonsense, digest, 77)


def test_the_duty_brings_every_root_to_every_place_and_tries_again(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach(case)
    outside = tmp_path / "outside"
    settings = load_settings(data_dir=tmp_path / "data", anchor_folder=outside)
    monkeypatch.setattr("qingtian.duties.anchor_evidence.get_settings", lambda: settings)

    def duty(at: Any) -> list[str]:
        return anchor_evidence(DutyContext(at, at - DAY, None)).notes  # type: ignore[arg-type]

    [made, missed] = duty(NOW + DAY)
    assert made == "root 1 stands for 1 items" and missed.startswith("folder: ")
    assert duty(NOW + DAY)[0].startswith("folder: ")
    outside.mkdir()
    duty(NOW + 2 * DAY)
    assert duty(NOW + 2 * DAY) == []
    assert sorted(path.name for path in outside.iterdir()) == [
        "root-000001-2025-11-24.json",
        "root-000002-2025-11-25.json",
    ]
    assert len((tmp_path / "data" / "anchors" / "daily-roots.jsonl").read_text().splitlines()) == 2
    kept = AnchorReceipt.objects.values_list("daily_root__number", "target")
    assert sorted(kept) == [(1, "file"), (1, "folder"), (2, "file"), (2, "folder")]
