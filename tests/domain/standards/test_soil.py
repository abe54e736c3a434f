"""Soil of farmland and of construction land."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.soil import SoilAssessment, SoilVerdict, judge_soil
from qingtian.packs import load_packs

MEDIA = load_packs().media
FARM, BUILD = MEDIA.soil_limits("farmland"), MEDIA.soil_limits("construction")
PHS = ("5", "6", "7", "8")

# GB 15618-2018 written down apart from the pack: values for pH <= 5.5, to 6.5, to 7.5, above.
SCREENING = {
    ("Cd", "paddy"): "0.3 0.4 0.6 0.8",
    ("Cd", "other"): "0.3 0.3 0.3 0.6",
    ("Hg", "paddy"): "0.5 0.5 0.6 1.0",
    ("Hg", "other"): "1.3 1.8 2.4 3.4",
    ("As", "paddy"): "30 30 25 20",
    ("As", "other"): "40 40 30 25",
    ("Pb", "paddy"): "80 100 140 240",
    ("Pb", "other"): "70 90 120 170",
    ("Cr", "paddy"): "250 250 300 350",
    ("Cr", "other"): "150 150 200 250",
    ("Cu", "orchard"): "150 150 200 200",
    ("Cu", "other"): "50 50 100 100",
    ("Ni", "other"): "60 70 100 190",
    ("Zn", "other"): "200 200 250 300",
}
CONTROL = {
    "Cd": "1.5 2.0 3.0 4.0",
    "Hg": "2.0 2.5 4.0 6.0",
    "As": "200 150 120 100",
    "Pb": "400 500 700 1000",
    "Cr": "800 850 1000 1300",
}
ABOVE = Decimal("0.0001")


def farm(item: str, value: object, ph: str | None = "6", use: str = "other") -> SoilAssessment:
    return judge_soil(FARM, item, Decimal(str(value)), use=use, ph=None if ph is None else Decimal(ph))


@pytest.mark.parametrize(("item", "use"), sorted(SCREENING))
def test_screening_values_of_farmland(item: str, use: str) -> None:
    for ph, text in zip(PHS, SCREENING[item, use].split(), strict=True):
        bound = Decimal(text)
        assert farm(item, bound, ph, use).verdict is SoilVerdict.NOT_ABOVE_SCREENING, (item, use, ph)
        assert farm(item, bound + ABOVE, ph, use).verdict is SoilVerdict.ABOVE_SCREENING, (item, use, ph)


@pytest.mark.parametrize("item", sorted(CONTROL))
@pytest.mark.parametrize("use", ["paddy", "other", "orchard", "rotation"])
def test_control_values_of_farmland_hold_for_every_use(item: str, use: str) -> None:
    for ph, text in zip(PHS, CONTROL[item].split(), strict=True):
        bound = Decimal(text)
        assert farm(item, bound, ph, use).verdict is SoilVerdict.ABOVE_SCREENING
        found = farm(item, bound + ABOVE, ph, use)
        assert found.verdict is SoilVerdict.ABOVE_CONTROL
        assert found.control is not None
        assert found.clause == "GB 15618-2018 table 1, table 3"


@pytest.mark.parametrize("item", ["Cu", "Ni", "Zn"])
def test_metals_without_a_control_value_stop_at_screening(item: str) -> None:
    found = farm(item, 99999)
    assert (found.verdict, found.control) == (SoilVerdict.ABOVE_SCREENING, None)
    assert found.clause == "GB 15618-2018 table 1"


@pytest.mark.parametrize(
    ("ph", "screening"),
    [
        ("0", "30"),
        ("5.5", "30"),
        ("5.51", "30"),
        ("6.5", "30"),
        ("6.51", "25"),
        ("7.5", "25"),
        ("7.51", "20"),
        ("14", "20"),
    ],
)
def test_a_ph_at_the_bound_belongs_to_the_lower_part(ph: str, screening: str) -> None:
    assert farm("As", 1, ph, "paddy").screening.limit == Decimal(screening)


@pytest.mark.parametrize(
    ("ph", "control"), [("5.5", "1.5"), ("5.6", "2"), ("6.5", "2"), ("6.6", "3"), ("7.5", "3"), ("7.6", "4")]
)
def test_the_control_value_moves_with_the_ph_too(ph: str, control: str) -> None:
    found = farm("Cd", 1, ph).control
    assert found is not None
    assert found.limit == Decimal(control)


@pytest.mark.parametrize(
    ("item", "use", "screening"),
    [
        ("Cu", "orchard", "150"),
        ("Cu", "paddy", "50"),
        ("Cu", "other", "50"),
        ("Cu", "rotation", "50"),
        ("Cd", "orchard", "0.3"),
        ("Cd", "rotation", "0.3"),
        ("Hg", "rotation", "0.5"),
        ("As", "rotation", "30"),
        ("Pb", "rotation", "90"),
        ("Ni", "paddy", "70"),
        ("Zn", "orchard", "200"),
    ],
)
def test_which_value_a_use_takes(item: str, use: str, screening: str) -> None:
    assert farm(item, 1, "6", use).screening.limit == Decimal(screening)


@pytest.mark.parametrize(("item", "bound"), [("HCH total", "0.1"), ("DDT", "0.1"), ("BaP", "0.55")])
def test_organic_items_need_no_ph(item: str, bound: str) -> None:
    assert farm(item, bound, None).verdict is SoilVerdict.NOT_ABOVE_SCREENING
    assert farm(item, Decimal(bound) + ABOVE, None).verdict is SoilVerdict.ABOVE_SCREENING
    assert farm(item, 1, None).clause == "GB 15618-2018 table 2"


@pytest.mark.parametrize(
    ("item", "value", "ph", "use", "field"),
    [
        ("Cd", "1", None, "other", "pH"),
        ("Unobtainium", "1", "6", "other", "item"),
        ("Cd", "-1", "6", "other", "value"),
        ("Cd", "1", "6", "golf", "use"),
        ("Cd", "1", "6", "all", "use"),
        ("Cd", "1", "6", "", "use"),
        ("苯", "1", "6", "other", "item"),
    ],
)
def test_what_cannot_be_judged_is_named(item: str, value: str, ph: str | None, use: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        farm(item, value, ph, use)
    assert caught.value.field == field
    assert caught.value.remedy


@given(
    st.sampled_from(["Cd", "Hg", "As", "Pb", "Cr", "Cu", "Ni", "Zn"]),
    st.sampled_from(["paddy", "other", "orchard", "rotation"]),
    st.decimals(min_value=0, max_value=14, places=2),
    st.decimals(min_value=0, max_value=3000, places=2),
    st.decimals(min_value=0, max_value=3000, places=2),
)
def test_more_metal_is_never_a_better_verdict(item: str, use: str, ph: Decimal, one: Decimal, other: Decimal) -> None:
    order = list(SoilVerdict)
    low, high = sorted((one, other))
    verdicts = [judge_soil(FARM, item, value, use=use, ph=ph).verdict for value in (low, high)]
    assert order.index(verdicts[0]) <= order.index(verdicts[1])


@given(st.sampled_from(["Cd", "Hg", "As", "Pb", "Cr"]), st.decimals(0, 14, places=2), st.decimals(0, 900, places=2))
def test_rotation_is_as_strict_as_the_stricter_use(item: str, ph: Decimal, value: Decimal) -> None:
    order = list(SoilVerdict)
    by_use = {
        use: order.index(judge_soil(FARM, item, value, use=use, ph=ph).verdict)
        for use in ("paddy", "other", "rotation")
    }
    assert by_use["rotation"] == max(by_use["paddy"], by_use["other"])


def test_every_ph_and_use_of_every_metal_has_exactly_one_screening_value() -> None:
    for item in ("Cd", "Hg", "As", "Pb", "Cr", "Cu", "Ni", "Zn"):
        uses = {row.use for row in FARM if row.item == item and row.level == "screening"}
        for use in uses:
            for tenth in range(141):
                ph = Decimal(tenth) / 10
                fitting = [row for row in FARM if (row.item, row.level, row.use) == (item, "screening", use)]
                assert sum(row.fits(ph) for row in fitting) == 1, (item, use, ph)


def test_control_is_above_screening_everywhere() -> None:
    for row in FARM:
        if row.level == "control":
            ph = row.ph_to or Decimal(9)
            for use in ("paddy", "other"):
                assert judge_soil(FARM, row.item, Decimal(0), use=use, ph=ph).screening.limit < row.limit
    for row in BUILD:
        if row.level == "control":
            [screening] = [one for one in BUILD if (one.item, one.use, one.level) == (row.item, row.use, "screening")]
            assert screening.limit <= row.limit, row.row_id


@pytest.mark.parametrize(
    ("item", "use", "screening", "control"),
    [
        ("As", "class 1", "20", "120"),
        ("As", "class 2", "60", "140"),
        ("Cd", "class 1", "20", "47"),
        ("Cd", "class 2", "65", "172"),
        ("Cr(VI)", "class 1", "3.0", "30"),
        ("Pb", "class 2", "800", "2500"),
        ("苯", "class 1", "1", "10"),
        ("benzene", "class 2", "4", "40"),
        ("BaP", "class 1", "0.55", "5.5"),
        ("石油烃(C10-C40)", "class 1", "826", "5000"),
        ("氯仿", "class 2", "0.9", "10"),
    ],
)
def test_construction_land(item: str, use: str, screening: str, control: str) -> None:
    def verdict(value: Decimal) -> SoilVerdict:
        return judge_soil(BUILD, item, value, use=use).verdict

    assert verdict(Decimal(screening)) is SoilVerdict.NOT_ABOVE_SCREENING
    assert verdict(Decimal(screening) + ABOVE) is SoilVerdict.ABOVE_SCREENING
    assert verdict(Decimal(control)) is SoilVerdict.ABOVE_SCREENING
    assert verdict(Decimal(control) + ABOVE) is SoilVerdict.ABOVE_CONTROL


def test_construction_land_knows_two_classes() -> None:
    for use in ("paddy", "rotation", "class 3", "all"):
        with pytest.raises(InvalidInput) as caught:
            judge_soil(BUILD, "As", Decimal(1), use=use)
        assert caught.value.remedy == "use class 1, class 2"


def test_fifty_seven_items_have_all_four_values_of_construction_land() -> None:
    items: dict[str, list[tuple[str, str]]] = {}
    for row in BUILD:
        items.setdefault(row.item, []).append((row.level, row.use))
    assert len(items) == 57
    assert {len(set(pairs)) for pairs in items.values()} == {4}


def test_an_item_with_only_a_control_value_is_not_judged() -> None:
    only = tuple(row for row in FARM if row.level == "control") + tuple(row for row in FARM if row.item == "Cu")
    with pytest.raises(InvalidInput, match="no screening value"):
        judge_soil(only, "Cd", Decimal(1), use="other", ph=Decimal(6))
