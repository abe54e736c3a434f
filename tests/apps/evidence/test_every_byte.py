"""Whatever byte of an exported package is flipped, the verifier finds it and names the record in which it lies."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import NOW, outlet
from tests.apps.evidence.test_evidence import FRAME, PDF, attach, hour
from tests.apps.evidence.test_records import RECEIPT, redacted

import qingtian.verifier as verifier
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.attach_record import attach_record
from qingtian.apps.evidence.actions.make_daily_root import make_daily_root
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import open_content
from qingtian.apps.evidence.subjects import of_case
from qingtian.verifier import check_bytes, sealed

pytestmark = pytest.mark.django_db
some = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def case(db: None) -> Case:
    """A case with every kind of member in its package."""
    case = opened(outlet())
    item = attach(case)
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 1, result=ReviewResult.PASS)
    attach_record(INSPECTOR, NOW, of_case(case.pk), kind=EvidenceKind.RECEIPT, content=RECEIPT)
    redacted(case)
    open_content(HANDLER, NOW, of_case(case.pk), item.pk)[1].close()
    make_daily_root(SYSTEM_ACTOR, NOW.replace(day=25))
    return case


@pytest.fixture
def package(case: Case) -> bytes:
    target = io.BytesIO()
    write_package(INSPECTOR, NOW.replace(day=25), of_case(case.pk), target)
    return target.getvalue()


def flipped(package: bytes, place: int, bit: int = 0) -> bytes:
    forged = bytearray(package)
    forged[place] ^= 1 << bit
    return bytes(forged)


def spans(package: bytes) -> dict[str, tuple[int, int]]:
    """Where the content of each member lies."""
    found = {}
    for info in zipfile.ZipFile(io.BytesIO(package)).infolist():
        head = package[info.header_offset : info.header_offset + 30]
        start = info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        found[info.filename] = (start, start + info.file_size)
    return found


def test_an_untouched_package_is_whole(package: bytes) -> None:
    report = check_bytes(package)
    assert (report.problems, report.notes) == ([], [])
    assert zipfile.ZipFile(io.BytesIO(package)).testzip() is None


def test_any_single_byte_that_is_flipped_breaks_the_seal(package: bytes) -> None:
    missed = [place for place in range(len(package)) if sealed(flipped(package, place, place % 8))]
    assert (sealed(package), missed) == (True, [])


@some
@given(data=st.data())
def test_the_whole_check_finds_any_flipped_bit(package: bytes, data: st.DataObject) -> None:
    place, bit = data.draw(st.integers(0, len(package) - 1)), data.draw(st.integers(0, 7))
    assert check_bytes(flipped(package, place, bit)).problems


@some
@given(data=st.data())
def test_a_flipped_bit_in_a_member_is_named_by_its_record(package: bytes, data: st.DataObject) -> None:
    name, (start, end) = data.draw(st.sampled_from(sorted(spans(package).items())))
    place, bit = data.draw(st.integers(start, end - 1)), data.draw(st.integers(0, 7))
    first = check_bytes(flipped(package, place, bit)).problems[0]
    if name.startswith("files/"):
        assert first == f"item {int(name[6:9])}: {name} was changed"
    elif name == "chain.json":
        assert first.startswith(("item ", "chain.json", "the chain says", "daily root"))
    elif name in ("manifest.json", "SEAL"):
        assert first == "manifest.json: it was changed, or its SEAL"
    else:
        word = {
            "timeline.json": ("journal event", "item"),
            "custody.json": ("custody",),
            "roots.json": ("daily root", "item"),
        }
        assert first.startswith((*word.get(name, ()), name))


def test_every_byte_of_every_record_of_the_chain_names_its_item(package: bytes) -> None:
    start, end = spans(package)["chain.json"]
    lines = package[start:end].split(b"\n")
    offset, wrong = start + len(lines[0]) + 1, []
    for number, line in enumerate(lines[1:-2]):
        for place in range(offset, offset + len(line.rstrip(b",")), 5):  # every fifth, to stay fast
            first = check_bytes(flipped(package, place)).problems[0]
            if not first.startswith(
                (f"item {number}:", f"item {number + 1}: the chain is broken", "chain.json was changed")
            ):
                wrong.append((number, place - offset, first))
        offset += len(line) + 1
    assert wrong == []


@pytest.mark.parametrize("cut", [1, 70, 2000])
def test_a_package_that_was_cut_off_or_lengthened_is_found(package: bytes, cut: int) -> None:
    assert check_bytes(package[:-cut]).problems
    assert check_bytes(package + b"\x00" * cut).problems


def test_an_added_file_and_a_resealed_package_are_found_by_the_chain(package: bytes, case: Case) -> None:
    """Whoever knows how the seal is made still cannot change a record."""
    source = zipfile.ZipFile(io.BytesIO(package))
    members = {name: source.read(name) for name in source.namelist()}
    chain = json.loads(members["chain.json"])
    chain["rows"][1]["record"]["value"] = "98.20"
    members["chain.json"] = json.dumps(chain, ensure_ascii=False).encode()
    members["files/099-more.pdf"] = PDF
    import hashlib

    rows = [
        {"name": one, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()} for one, text in members.items()
    ]
    rows = [row for row in rows if row["name"] not in ("manifest.json", "SEAL", "files/099-more.pdf")]
    members["manifest.json"] = json.dumps({"rows": rows}).encode()
    members["SEAL"] = hashlib.sha256(members["manifest.json"]).hexdigest().encode() + b"\n"
    report = verifier.check_members(members, verifier.Report())
    assert report.problems == ["item 1: its record was changed", "files/099-more.pdf was added"]


def test_the_command_names_the_first_changed_record(package: bytes, tmp_path: Path) -> None:
    path = tmp_path / "C.zip"
    path.write_bytes(package)
    command = [os.path.join(os.path.dirname(sys.executable), "qingtian-verify")]
    if not Path(command[0]).exists():  # installed by pip; the module is the same
        command = [sys.executable, "-m", "qingtian.verifier"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "intact / 完整\n")
    start, _ = spans(package)["files/000-记录.pdf"]
    path.write_bytes(flipped(package, start))
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 problem(s); the first: item 0 / 第一处改动"
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, "no evidence package" in done.stderr) == (2, True)


def test_the_verifier_is_one_file_of_the_standard_library_for_python_3_9(tmp_path: Path) -> None:
    source = Path(verifier.__file__).read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
    }
    assert names <= set(sys.stdlib_module_names)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


@some
@given(st.binary(max_size=400))
def test_what_is_no_package_never_brings_the_verifier_down(content: bytes) -> None:
    assert check_bytes(content).problems
    assert check_bytes(b"PK\x03\x04" + content).problems


@some
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda one: st.lists(one) | st.dictionaries(st.text(max_size=5), one),
        max_leaves=8,
    )
)
def test_whatever_stands_in_the_records_is_a_problem_and_no_crash(rows: object) -> None:
    content = json.dumps({"rows": rows}).encode()
    members = dict.fromkeys(("chain.json", "timeline.json", "custody.json", "roots.json"), content)
    assert verifier.check_members(members, verifier.Report()).problems
