"""The guard `auto_data_admissible`: automatic data decide a case only when they may be evidence."""

from __future__ import annotations

from typing import Any

from qingtian.domain.procedures.guards import unmet_guard
from qingtian.domain.procedures.parts import Guard

GUARD = Guard("auto", "auto_data_admissible", "auto_data", "自动监测数据可作证据", "Automatic data are admissible")


def value(position: int, *reasons: str) -> dict[str, Any]:
    unmet = [{"reason": one, "label_zh": f"中{one}", "label_en": one} for one in reasons]
    return {"position": position, "title": "x", "admissible": not reasons, "unmet": unmet}


def test_it_names_the_item_and_what_it_lacks() -> None:
    unmet = unmet_guard(GUARD, {"auto_data": [value(0), value(2, "not_reviewed", "party_not_informed")]})
    assert unmet is not None
    assert unmet.detail == "not admissible: item 3: not_reviewed, party_not_informed"
    assert unmet.detail_zh == "不具备证据资格——第3项：中not_reviewed、中party_not_informed"


def test_it_holds_when_every_value_is_admissible() -> None:
    assert unmet_guard(GUARD, {"auto_data": [value(0), value(1)]}) is None


def test_a_case_without_automatic_data_passes_only_where_the_procedure_says_so() -> None:
    unmet = unmet_guard(GUARD, {"auto_data": []})
    assert unmet is not None and unmet.detail == "there is no automatic value among the evidence"
    optional = Guard("auto", "auto_data_admissible", "auto_data", "x", "x", params={"empty_ok": True})
    assert unmet_guard(optional, {}) is None
