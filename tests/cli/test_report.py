"""`qingtian report`: make, print, prove, try a template."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from docx import Document
from tests.apps.reports import town
from tests.apps.reports.town import AFTER, boss

from qingtian.apps.reports.actions.issue_report import issue_report
from qingtian.apps.reports.models import Report, ReportFile
from qingtian.cli.report import command
from qingtian.domain.errors import Conflict, InvalidInput
from qingtian.interfaces.printing.reports import print_issue, printed_with
from qingtian.interfaces.printing.word import HOUSE_TEMPLATE
from qingtian.runtime import clock

pytestmark = pytest.mark.django_db
NUMBER = "武环报〔2025〕11号"


@pytest.fixture
def month(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen:
        def now(self) -> Any:
            return AFTER

    monkeypatch.setattr(clock, "current_clock", Frozen)
    town.november()


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(command, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def made() -> str:
    return run("make", "monthly", "--day", "2025-11-05").output.split()[0]


def issued() -> str:
    number = made()
    at = AFTER + timedelta(hours=1)
    files = print_issue(Report.objects.get(number=number), NUMBER, at)
    issue_report(boss(), at, number, NUMBER, files, printed_with=printed_with())
    return number


def test_a_report_is_made_and_printed_twice_the_same(month: None, tmp_path: Path) -> None:
    number = made()
    for name in ("a.pdf", "b.pdf", "a.docx", "b.docx"):
        run("print", number, str(tmp_path / name))
    read = {name: (tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf", "a.docx", "b.docx")}
    assert read["a.pdf"] == read["b.pdf"]
    assert read["a.docx"] == read["b.docx"]
    assert read["a.pdf"][:5] == b"%PDF-"
    with pytest.raises(InvalidInput):
        run("print", number, str(tmp_path / "a.txt"))


def test_an_issue_is_proven_and_a_tampered_one_is_found(month: None, tmp_path: Path) -> None:
    number = issued()
    told = run("verify", number).output
    assert told.count("same") == 3
    assert "DIFFERS" not in told
    printed = run("print", number, str(tmp_path / "kept.pdf")).output
    kept = ReportFile.objects.get(format="pdf")
    assert kept.sha256 in printed
    assert hashlib.sha256((tmp_path / "kept.pdf").read_bytes()).hexdigest() == kept.sha256
    Report.objects.filter(number=number).update(issue_number="改过的文号")
    assert run("verify", number, code=1).output.count("DIFFERS") == 2


def test_a_draft_cannot_be_proven(month: None) -> None:
    number = made()
    with pytest.raises(Conflict):
        run("verify", number)


def test_kinds_tell_when_the_next_is_made(month: None) -> None:
    told = run("kinds").output
    assert re.search(r"monthly\s+\S+\s+next 2025-11-01\.\.2025-11-30 at 2025-12-02 08:00", told)
    assert re.search(r"case\s+\S+\s+when asked for", told)


def test_a_template_is_tried_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "t.docx"
    run("template", "monthly", str(file), "--house")
    assert file.read_bytes() == HOUSE_TEMPLATE.read_bytes()
    assert "0 faults" in run("template", "monthly", str(file)).output
    document = Document()
    document.add_paragraph("{{ figures.nothing.value }}")
    document.save(str(file))
    told = run("template", "monthly", str(file), code=1).output
    assert "unknown figures.nothing (body, paragraph 1)" in told
    assert "unknown label (header)" in told
    assert "unused  figures.air_pm25" in told
