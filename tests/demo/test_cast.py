"""The cast: scenes in their order and at their times, through the verbs, refused where the rules refuse."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.apps.city import found, good_hours

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.models import EvidenceItem
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Confirmation, Kind, Status
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.demo.cast import SIMULATED, CaseWalk, Cast, Scene, _triage, actor
from qingtian.demo.city import City, parts
from qingtian.demo.events import HOUR
from qingtian.demo.plan import CityPlan
from qingtian.demo.seed import seed_city
from qingtian.domain.errors import QingtianError, TransitionRefused
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.port import Cycle, Observation

CITY = City(keep=14)
MONDAY = CITY.epoch
FRAME = b"##0001x0000"
pytestmark = pytest.mark.django_db


class Series:
    """A store with three hours of one outlet, the second the worst."""

    def __init__(self, site: str, segment: str, offset: int, sha256: str) -> None:
        self._rows = [
            Observation(
                site,
                "a21002",
                Cycle.HOUR,
                MONDAY + (2 + number) * HOUR,
                Decimal(value),
                converted=Decimal(value) + 10,
                unit="mg/m3",
                mark="N",
                frame_hash=sha256,
                segment=segment,
                frame_offset=offset,
                received_at=MONDAY + (3 + number) * HOUR,
            )
            for number, value in enumerate(("140", "155", "150"))
        ]

    def series(self, *_: Any) -> list[Observation]:
        return self._rows


@pytest.fixture
def spool() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qt-cast-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def walk(small_plan: CityPlan, spool: Path) -> CaseWalk:
    """A walk at the outlet of the tour, whose night exceedance was found."""
    import hashlib

    seed_city(small_plan, MONDAY, expects=("hour",))
    site = parts(small_plan).relapse.code
    found(outlet(site), at=MONDAY + 3 * HOUR)
    found(outlet(site), at=MONDAY + 5 * HOUR)
    writer = SpoolWriter(spool)
    position = writer.append_and_wait(FRAME, received_at=MONDAY + 4 * HOUR)
    writer.close()
    store = Series(site, position.segment, position.offset, hashlib.sha256(FRAME).hexdigest())
    return CaseWalk(store, spool, site, Kind.EXCEEDANCE)  # type: ignore[arg-type]


def outlet(code: str) -> RegistryObject:
    return RegistryObject.objects.get(type=ObjectType.OUTLET, code=code)


STEPS = ("confirm", "open", "plan", "start", "freeze_observation", "self_check", "apply", "verify", "notify")


def play(walk: CaseWalk, steps: tuple[str, ...], at: datetime) -> datetime:
    for step in steps:
        getattr(walk, step)(at)
        at += HOUR
    return at


def test_the_walk_reaches_the_watch_when_data_and_notice_allow_it(walk: CaseWalk) -> None:
    at = play(walk, STEPS, MONDAY + 8 * HOUR)
    good_hours(outlet(walk.site), at, 24)
    walk.write_off(MONDAY + 9 * 24 * HOUR)
    case = Case.objects.get(pk=walk.case_id)
    assert (case.state, case.simulated, case.responsible) == ("watching", True, "handler")


def test_without_later_data_the_write_off_is_refused(walk: CaseWalk) -> None:
    play(walk, STEPS, MONDAY + 8 * HOUR)
    with pytest.raises(TransitionRefused) as caught:
        walk.write_off(MONDAY + 9 * 24 * HOUR)
    assert [guard.code for guard in caught.value.unmet] == ["effect_shown_by_data"]
    assert Case.objects.get(pk=walk.case_id).state == "publicly_notified"


def test_before_the_notice_is_over_the_write_off_is_refused(walk: CaseWalk) -> None:
    at = play(walk, STEPS, MONDAY + 8 * HOUR)
    good_hours(outlet(walk.site), at, 24)
    with pytest.raises(TransitionRefused) as caught:
        walk.write_off(MONDAY + 4 * 24 * HOUR)
    assert [guard.code for guard in caught.value.unmet] == ["public_notice_elapsed"]


def test_evidence_is_the_worst_hour_with_its_raw_frame_and_is_reviewed_by_another_person(walk: CaseWalk) -> None:
    play(walk, STEPS[:5], MONDAY + 8 * HOUR)
    item, review = EvidenceItem.objects.filter(subject_id=walk.case_id).order_by("position")
    assert item.record["value"] == "155"
    assert (item.added_by, review.added_by, review.kind) == ("handler", "inspector1", "review")


def test_every_text_of_the_cast_says_that_it_is_simulated(walk: CaseWalk) -> None:
    play(walk, STEPS, MONDAY + 8 * HOUR)
    fields = Case.objects.get(pk=walk.case_id).fields
    for name in ("cause", "self_check", "punishment", "lookalike_check", "root_cause", "site_result"):
        assert fields[name].startswith(SIMULATED), name
    titles = EvidenceItem.objects.filter(subject_id=walk.case_id, kind__in=("document", "site_record"))
    assert all(item.title.startswith(SIMULATED) and item.simulated for item in titles)


def test_the_journal_names_person_and_role_of_each_step(walk: CaseWalk) -> None:
    play(walk, STEPS[:3], MONDAY + 8 * HOUR)
    steps = {
        (event.actor, event.role) for event in Event.objects.exclude(actor="system").exclude(type__startswith="roster.")
    }
    assert steps == {("duty", "dispatcher"), ("handler", "handler")}


def test_the_duty_officer_acknowledges_what_is_over_and_leaves_what_goes_on(walk: CaseWalk) -> None:
    going = Finding.objects.get()
    other = found(outlet(walk.site), at=MONDAY + 6 * HOUR, parameter="a21026")
    end_finding(SYSTEM_ACTOR, MONDAY + 7 * HOUR, other.pk)
    _triage(MONDAY + 17 * HOUR)
    _triage(MONDAY + 18 * HOUR)
    other.refresh_from_db()
    going.refresh_from_db()
    assert (other.confirmation, other.status) == (Confirmation.CONFIRMED, Status.TRIAGED)
    assert other.confirmed_at == MONDAY + 17 * HOUR
    assert going.confirmation == Confirmation.UNCONFIRMED


def cast_of(plan: CityPlan, spool: Path, scenes: list[Scene]) -> Cast:
    cast = Cast(CITY, plan, None, spool)  # type: ignore[arg-type]
    cast._scenes = scenes
    return cast


def test_scenes_are_played_once_each_at_its_own_time(small_plan: CityPlan, spool: Path) -> None:
    played: list[datetime] = []
    cast = cast_of(small_plan, spool, [Scene(MONDAY + n * HOUR, f"scene {n}", played.append) for n in (1, 2, 9)])
    for hour in (0, 6, 6, 8):
        cast(MONDAY + hour * HOUR)
    assert played == [MONDAY + HOUR, MONDAY + 2 * HOUR]
    assert cast.played == ["scene 1", "scene 2"]


def test_a_refused_scene_is_noted_and_the_others_go_on(small_plan: CityPlan, spool: Path) -> None:
    def refuse(_: datetime) -> None:
        raise QingtianError("not now")

    played: list[datetime] = []
    scenes = [Scene(MONDAY, "refused", refuse), Scene(MONDAY + HOUR, "next", played.append)]
    cast = cast_of(small_plan, spool, scenes)
    cast(MONDAY + 2 * HOUR)
    assert cast.failures == ["refused: not now"]
    assert cast.played == ["next"] and played == [MONDAY + HOUR]


def test_a_fault_of_our_own_is_not_hidden(small_plan: CityPlan, spool: Path) -> None:
    cast = cast_of(small_plan, spool, [Scene(MONDAY, "broken", lambda _: 1 / 0)])
    with pytest.raises(ZeroDivisionError):
        cast(MONDAY)


def test_the_script_ends_before_the_live_part_and_keeps_its_order(small_plan: CityPlan, spool: Path) -> None:
    cast = Cast(CITY, small_plan, None, spool)  # type: ignore[arg-type]
    times = [scene.at for scene in cast._scenes]
    assert times == sorted(times)
    assert times[0] >= MONDAY + 8 * HOUR and times[-1] < CITY.live_from
    assert sum(scene.name.startswith("triage") for scene in cast._scenes) == CITY.days
    assert len({scene.name for scene in cast._scenes}) == len(cast._scenes)


def test_people_are_found_by_name(small_plan: CityPlan) -> None:
    seed_city(small_plan, MONDAY, expects=("hour",))
    assert actor("approver").simulated
    assert actor("auditor").grants[0].region_code == ""
    assert actor("duty").grants[0].region_code == "420100"
    assert timedelta(0) < CITY.live_from - MONDAY
