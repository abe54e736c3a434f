"""Whatever is changed in an exported package, its own verifier says so."""

from __future__ import annotations

import copy
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import NOW, outlet
from tests.apps.evidence.test_evidence import FRAME, PDF, attach, hour

from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.subjects import of_case
from qingtian.verifier import problems_of

pytestmark = pytest.mark.django_db
some = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def case(db: None) -> Case:
    case = opened(outlet())
    attach(case, title="现场记录", captured_by="王检查员")
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 1, result=ReviewResult.PASS, note="数据有效")
    attach(case, PDF + b"2", file_name="../../outside/照片 (1).pdf")
    return case


@pytest.fixture
def package(case: Case, tmp_path: Path) -> Path:
    return unpacked(case, tmp_path / "package")


def unpacked(case: Case, folder: Path) -> Path:
    target = io.BytesIO()
    write_package(HANDLER, NOW, of_case(case.pk), target)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(folder)
    return folder


def run(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all plain values below a value."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    else:
        yield path


def changed(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case None:
            return "x"
        case _:
            return f"{value}x"


def write_with_change(source: Path, target: Path, path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(json.loads(source.read_text("utf-8")))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = changed(place[path[-1]])
    target.write_text(json.dumps(document), "utf-8")


def test_every_value_of_every_record_and_event_is_covered(package: Path, tmp_path: Path) -> None:
    assert problems_of(package) == []
    missed = []
    for name, root in (("chain.json", "rows"), ("timeline.json", "rows")):
        original = (package / name).read_text("utf-8")
        document = json.loads(original)
        rows = document[root] if root else document
        for path in leaves(rows, (root,) if root else ()):
            write_with_change(package / name, tmp_path / "changed", path)
            shutil.copy(tmp_path / "changed", package / name)
            if not problems_of(package):
                missed.append((name, path))
            (package / name).write_text(original, "utf-8")
    assert missed == []


@some
@given(data=st.data())
def test_any_flipped_bit_of_any_file_is_found(package: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted((package / "files").iterdir())))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) * 8 - 1))
    forged = bytearray(before)
    forged[place // 8] ^= 1 << (place % 8)
    path.write_bytes(forged)
    try:
        assert [text.split(": ")[1] for text in problems_of(package)] == [f"files/{path.name} was changed"]
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_items_cut_off_at_the_end_are_missed_by_name(package: Path, kept: int) -> None:
    chain = json.loads((package / "chain.json").read_text("utf-8"))
    chain["rows"] = chain["rows"][:kept]
    (package / "chain.json").write_text(json.dumps(chain), "utf-8")
    code, said = run(package)
    assert code == 1
    *named, last = said.splitlines()
    assert named == [f"item {lost}: the journal tells of it, the chain does not" for lost in range(kept, 4)]
    assert last.startswith(f"{4 - kept} problem(s); the first: item {kept}")


def test_two_items_that_changed_places_are_found(package: Path) -> None:
    chain = json.loads((package / "chain.json").read_text("utf-8"))
    chain["rows"][0], chain["rows"][1] = chain["rows"][1], chain["rows"][0]
    (package / "chain.json").write_text(json.dumps(chain), "utf-8")
    assert run(package)[0] == 1


def test_no_name_in_the_package_leaves_its_folder(case: Case) -> None:
    target = io.BytesIO()
    write_package(HANDLER, NOW, of_case(case.pk), target)
    names = zipfile.ZipFile(target).namelist()
    assert "files/003-照片 (1).pdf" in names
    assert not any(".." in name or name.startswith("/") or "\\" in name for name in names)
    assert len(names) == len(set(names))


def test_a_case_without_evidence_has_a_package_that_is_intact(db: None, tmp_path: Path) -> None:
    folder = unpacked(opened(outlet()), tmp_path / "empty")
    assert json.loads((folder / "chain.json").read_text("utf-8"))["rows"] == []
    assert run(folder) == (0, "intact / 完整")


def test_the_package_can_be_checked_from_any_folder_and_in_any_language(package: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(package / "verify.py")],
        capture_output=True,
        cwd=tmp_path,
        env={"LC_ALL": "C", "PYTHONUTF8": "0"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_two_exports_of_one_moment_are_the_same(case: Case) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write_package(HANDLER, NOW, of_case(case.pk), first)
    write_package(HANDLER, NOW, of_case(case.pk), second)
    # The second one also tells that the first one was made.
    telling = {"custody.json", "manifest.json", "SEAL"}
    for name in set(zipfile.ZipFile(first).namelist()) - telling:
        assert zipfile.ZipFile(first).read(name) == zipfile.ZipFile(second).read(name)
