from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.city import HOUR, NOW, actor, enterprise_drafts, register

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.record_leaks import CheckDraft, read_csv, record_leaks, take_back
from qingtian.apps.findings.leaks import components, open_leaks, read_leaks
from qingtian.apps.findings.models import LeakCheck
from qingtian.apps.findings.states import CheckKind
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible

pytestmark = pytest.mark.django_db
OWNER = actor(Role.ENTERPRISE_USER, org="E-1", name="owner")
DAY = timedelta(days=1)


@pytest.fixture
def valve() -> RegistryObject:
    drafts = [
        ObjectDraft(
            ObjectType.LEAK_COMPONENT,
            f"V-{number}",
            f"{number}号阀",
            parent=(ObjectType.ENTERPRISE, "E-1"),
            attributes={"component": "valve", "medium_state": "gas"},
            simulated=True,
        )
        for number in (1, 2)
    ]
    return register(*enterprise_drafts(), *drafts)[3]


def reading(ppm: int | str | Decimal | None = 6000, days: int = 0, **more: Any) -> CheckDraft:
    figure = None if ppm is None else Decimal(ppm)
    fields = {"component": "V-1", "kind": CheckKind.READING, "at": NOW - 30 * DAY + days * DAY, "ppm": figure}
    return CheckDraft(**(fields | more))


def state(at: Any = NOW) -> str:
    (row,) = read_leaks(components(OWNER).filter(code="V-1"), at)
    return row.state(at.date())


def test_a_component_goes_from_unread_over_leaking_to_tight(valve: RegistryObject) -> None:
    assert state() == "unread"
    record_leaks(OWNER, NOW, [reading()])
    assert (state(NOW - 30 * DAY), state()) == ("leaking", "overdue")
    assert [one.component for one in open_leaks(OWNER, NOW)] == [valve]
    record_leaks(OWNER, NOW, [reading(ppm=12, days=3)])
    assert (state(), open_leaks(OWNER, NOW)) == ("tight", [])
    events = history("registryobject", valve.pk)
    assert [event.type for event in events][-2:] == ["leak.recorded", "leak.recorded"]


def test_what_is_not_yet_done_does_not_count(valve: RegistryObject) -> None:
    record_leaks(OWNER, NOW, [reading(days=20)])
    assert state(NOW - 20 * DAY) == "unread"


def test_a_file_is_recorded_whole_or_not_at_all(valve: RegistryObject) -> None:
    rows = [reading(), reading(component="V-9", row=3), reading(ppm="-1", row=4)]
    report = record_leaks(OWNER, NOW, rows)
    assert [(one.row, one.field) for one in report.errors] == [(3, "component"), (4, "ppm")]
    assert not LeakCheck.objects.exists()


def test_a_dry_run_records_nothing_and_a_repeated_file_nothing_twice(valve: RegistryObject) -> None:
    rows = [reading(), reading(), reading(days=1)]
    assert record_leaks(OWNER, NOW, rows, dry_run=True).recorded == 2
    assert not LeakCheck.objects.exists()
    assert record_leaks(OWNER, NOW, rows).recorded == 2
    again = record_leaks(OWNER, NOW, rows)
    assert (again.recorded, again.known, LeakCheck.objects.count()) == (0, 3, 2)


def test_a_wrong_row_is_taken_back_and_stays_on_record(valve: RegistryObject) -> None:
    record_leaks(OWNER, NOW, [reading()])
    wrong = LeakCheck.objects.get()
    take_back(OWNER, NOW, wrong.pk, reason="读数写错")
    assert (state(), LeakCheck.objects.count()) == ("unread", 2)
    with pytest.raises(Conflict):
        take_back(OWNER, NOW, wrong.pk, reason="again")
    with pytest.raises(InvalidInput):
        take_back(OWNER, NOW, wrong.pk, reason=" ")
    record_leaks(OWNER, NOW, [reading()])
    assert state() == "overdue"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"at": NOW + HOUR}, "at"),
        ({"at": NOW.replace(tzinfo=None)}, "at"),
        ({"ppm": None}, "ppm"),
        ({"ppm": Decimal("NaN")}, "ppm"),
        ({"ppm": Decimal(1000001)}, "ppm"),
        ({"kind": CheckKind.REPAIR}, "ppm"),
        ({"kind": CheckKind.CORRECTION, "ppm": None}, "kind"),
        ({"kind": CheckKind.DELAY, "ppm": None}, "note"),
        ({"note": "长" * 501}, "note"),
        ({"method": "长" * 101}, "method"),
    ],
)
def test_a_wrong_row_names_its_field(valve: RegistryObject, change: dict[str, Any], field: str) -> None:
    (error,) = record_leaks(OWNER, NOW, [reading(**change)]).errors
    assert error.field == field
    assert error.remedy


def test_others_see_and_record_nothing(valve: RegistryObject) -> None:
    stranger = actor(Role.ENTERPRISE_USER, org="E-2")
    (error,) = record_leaks(stranger, NOW, [reading()]).errors
    assert error.field == "component"
    (error,) = record_leaks(actor(Role.HANDLER), NOW, [reading()]).errors
    assert error.field == "actor"
    record_leaks(OWNER, NOW, [reading()])
    check = LeakCheck.objects.get()
    with pytest.raises(NotVisible):
        take_back(stranger, NOW, check.pk, reason="x")
    with pytest.raises(NotPermitted):
        take_back(actor(Role.HANDLER), NOW, check.pk, reason="x")


def test_the_reading_of_many_components_costs_one_query(valve: RegistryObject, django_assert_num_queries: Any) -> None:
    record_leaks(OWNER, NOW, [reading(), reading(component="V-2")])
    rows = list(components(OWNER))
    with django_assert_num_queries(1):
        assert len(read_leaks(rows, NOW)) == 2


def test_a_csv_becomes_rows_with_their_errors() -> None:
    text = (
        "\ufeffcomponent,kind,at,ppm,method,note\n"
        "V-1,reading,2025-11-20T08:00,512.5,FID,\n"
        "V-1,repair,2025-11-21T08:00+08:00,,,紧固\n"
        "V-1,checked,2025-11-21T08:00,,,\n"
        "V-1,reading,yesterday,1,,\n"
        "V-1,reading,2025-11-21T08:00,many,,\n"
    )
    drafts, errors = read_csv(text)
    assert [(one.row, one.kind, one.ppm, one.at.utcoffset()) for one in drafts] == [
        (2, "reading", Decimal("512.5"), timedelta(hours=8)),
        (3, "repair", None, timedelta(hours=8)),
    ]
    assert [(one.row, one.field) for one in errors] == [(4, "kind"), (5, "at"), (6, "ppm")]


def test_a_csv_without_a_needed_column_is_refused() -> None:
    with pytest.raises(InvalidInput) as error:
        read_csv("component,at\nV-1,2025-11-20\n")
    assert error.value.field == "kind"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    drafts, errors = read_csv(f"component,kind,at\n{text}")
    assert all(one.at.tzinfo is not None for one in drafts)
    assert all(one.field and one.remedy for one in errors)
