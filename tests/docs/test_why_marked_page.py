"""The page for data stewards names every cause, and says truly which of them exclude a value."""

from __future__ import annotations

import re
from pathlib import Path

from qingtian.domain.quality import Cause
from qingtian.packs import load_packs
from qingtian.packs.quality import CAUSES

PAGE = (Path(__file__).parents[2] / "docs" / "users" / "why-marked.md").read_text("utf-8")


def test_every_cause_has_its_line() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [cause.value for cause in Cause]


def test_the_page_names_the_causes_that_keep_a_value_out() -> None:
    excluding = {row.cause.value for row in load_packs().of(CAUSES) if row.excludes}
    answer = PAGE.split("Does a doubted value count?")[1].split("- **")[0]
    assert set(re.findall(r"`(\w+)`", answer)) & {cause.value for cause in Cause} == excluding


def test_every_cause_reads_in_both_languages() -> None:
    for row in load_packs().of(CAUSES):
        assert re.search("[一-鿿]", row.label_zh + row.text_zh + row.remedy_zh), row.row_id
        assert not re.search("[一-鿿]", row.label_en + row.text_en + row.remedy_en), row.row_id
        assert row.note
