"""E-V5: the evidence leaves the house as one file that anybody can check."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.apps.cases.walking import HANDLER, INSPECTOR, opened
from tests.apps.city import NOW, actor
from tests.apps.evidence.test_evidence import FRAME, PDF, attach, hour

from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.chain import chain_of
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import Conflict, NotVisible

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(stack: RegistryObject) -> Case:
    case = opened(stack)
    attach(case)
    attach_observation(HANDLER, NOW, of_case(case.pk), hour(), raw_frame=FRAME)
    review_evidence(INSPECTOR, NOW, of_case(case.pk), 1, result=ReviewResult.PASS, note="数据有效")
    attach(case, PDF + b"2")  # the same name again
    return case


@pytest.fixture
def unpacked(case: Case, tmp_path: Path) -> Path:
    target = io.BytesIO()
    assert write_package(HANDLER, NOW, of_case(case.pk), target).items == 4
    folder = tmp_path / "package"
    with zipfile.ZipFile(target) as package:
        package.extractall(folder)
    return folder


def verified(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def test_the_package_holds_files_chain_and_time_line(unpacked: Path, case: Case) -> None:
    names = sorted(path.name for path in (unpacked / "files").iterdir())
    assert names == ["000-记录.pdf", "001-E-1-DA001-a21002-20251124T0900.json", "003-记录.pdf"]
    assert (unpacked / "files" / names[0]).read_bytes() == PDF
    chain = json.loads((unpacked / "chain.json").read_text("utf-8"))
    assert (chain["case"], chain["simulated"], len(chain["rows"])) == (case.number, True, 4)
    events = [event["type"] for event in json.loads((unpacked / "timeline.json").read_text("utf-8"))["rows"]]
    assert events[0] == "case.opened" and events.count("case.evidence_added") == 4


def test_its_own_verifier_finds_it_intact(unpacked: Path) -> None:
    assert verified(unpacked) == (0, "intact / 完整")


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        before = path.read_text("utf-8")
        path.write_text(change(before), "utf-8")
        assert path.read_text("utf-8") != before

    return apply


def drop_item(text: str) -> str:
    chain = json.loads(text)
    del chain["rows"][1]
    return json.dumps(chain)


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        (edit("chain.json", lambda text: text.replace("118.20", "98.20")), "item 1: its record was changed"),
        (edit("chain.json", drop_item), "item 1: the chain is broken before it"),
        (
            lambda folder: (folder / "files" / "000-记录.pdf").write_bytes(b"forged"),
            "item 0: files/000-记录.pdf was changed",
        ),
        (lambda folder: (folder / "files" / "003-记录.pdf").unlink(), "item 3: files/003-记录.pdf is missing"),
        (
            edit("timeline.json", lambda text: text.replace('"actor": "handle"', '"actor": "somebody"')),
            "it was changed",
        ),
    ],
)
def test_its_verifier_names_what_was_changed(unpacked: Path, tamper: Callable[[Path], None], finding: str) -> None:
    tamper(unpacked)
    code, said = verified(unpacked)
    assert code == 1
    assert finding in said


def test_broken_evidence_does_not_leave_the_house(case: Case, evidence_folder: Path) -> None:
    first = chain_of(of_case(case.pk)).get(position=0)
    path = evidence_folder / first.sha256[:2] / first.sha256
    path.chmod(0o600)
    path.write_bytes(b"forged")
    with pytest.raises(Conflict, match="item 0"):
        write_package(HANDLER, NOW, of_case(case.pk), io.BytesIO())


def test_only_those_who_see_the_case_get_it(case: Case) -> None:
    with pytest.raises(NotVisible):
        write_package(actor(Role.ENTERPRISE_USER, org="E-2"), NOW, of_case(case.pk), io.BytesIO())
