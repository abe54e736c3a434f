"""The history of a demo, made in a process of its own: real gateway, real duties, and a cast that passes every guard."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.demo.running import PATIENCE_S, run_city

from qingtian.demo.city import City, parts
from qingtian.demo.history import METERED_LAST, ONCE_A_DAY, history_duties, history_pace
from qingtian.duties import DUTIES

pytestmark = pytest.mark.timeout(PATIENCE_S + 120)
CODE = """
import json, sys
from pathlib import Path
from qingtian.demo.boot import fresh_city
from qingtian.demo.city import City

with fresh_city(Path(sys.argv[1])) as settings:
    from qingtian.demo.history import make_history
    from qingtian.apps.cases.models import Case
    from qingtian.apps.evidence.chain import chain_of
    from qingtian.apps.evidence.models import EvidenceItem
    from qingtian.apps.evidence.subjects import of_case
    from qingtian.apps.findings.models import Finding
    from qingtian.apps.journal.models import Event
    from qingtian.apps.journal.verify import verify_journal
    from qingtian.apps.registry.models import RegistryObject

    city = City(keep=14)
    seen = []
    history = make_history(settings, city, progress=seen.append)
    cast = {event.actor for event in Event.objects.all() if event.actor != "system"}
    print(json.dumps({
        "failures": history.failures,
        "scenes": history.scenes,
        "frames": history.frames,
        "cases": [
            [case.object.code, case.state, case.kind, case.simulated, chain_of(of_case(case.pk)).count()]
            for case in Case.objects.select_related("object").order_by("id")
        ],
        "findings": [[one.kind, one.status, one.object.code] for one in Finding.objects.select_related("object")],
        "evidence": list(EvidenceItem.objects.values_list("kind", flat=True)),
        "journal": verify_journal().intact,
        "people": sorted(cast),
        "connected": RegistryObject.objects.filter(type="device").count(),
        "ends": seen[-1].isoformat(),
        "monotonic": seen == sorted(seen),
    }))
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not under pytest's own folder: another run changes its rights, and the database server in it dies."""
    with tempfile.TemporaryDirectory(prefix="qingtian-history-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def history(folder: Path) -> dict[str, Any]:
    run = run_city("-c", CODE, str(folder))
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_the_cast_was_refused_nowhere(history: dict[str, Any]) -> None:
    assert history["failures"] == []
    assert history["scenes"] >= 20


@pytest.mark.slow
def test_one_case_is_watched_and_others_wait_in_earlier_states(history: dict[str, Any]) -> None:
    city = City(keep=14)
    states = {code: state for code, state, *_ in history["cases"]}
    assert states[parts(city.plan()).relapse.code] == "watching"
    assert sorted(states.values()) == ["listed", "rectifying", "self_checked", "watching"]
    assert all(simulated for *_, simulated, _ in history["cases"])


@pytest.mark.slow
def test_the_watched_case_has_its_evidence(history: dict[str, Any]) -> None:
    assert {"observation", "review", "document", "site_record"} <= set(history["evidence"])
    watched = next(case for case in history["cases"] if case[1] == "watching")
    assert watched[4] == 4


@pytest.mark.slow
def test_findings_of_the_history_are_there_and_one_is_dismissed(history: dict[str, Any]) -> None:
    kinds = {kind for kind, *_ in history["findings"]}
    assert {"exceedance", "frozen_value", "late_stream", "air_pollution"} <= kinds
    assert [kind for kind, status, _ in history["findings"] if status == "dismissed"] == ["frozen_value"]
    assert sum(status == "triaged" for _, status, _ in history["findings"]) > 5  # acknowledged at the end of the day


@pytest.mark.slow
def test_everybody_acted_under_a_simulated_name_and_the_journal_holds(history: dict[str, Any]) -> None:
    assert {"duty", "handler", "inspector1", "approver"} <= set(history["people"])
    assert history["journal"]


@pytest.mark.slow
def test_all_devices_are_connected_at_the_end_and_time_went_forward(history: dict[str, Any]) -> None:
    city = City(keep=14)
    assert history["connected"] == len(city.plan().devices)
    assert history["ends"] == city.live_from.isoformat()
    assert history["monotonic"]
    assert history["frames"] > 8 * 24 * 30


def test_meters_send_minutes_only_near_the_live_part() -> None:
    city = City()
    assert history_pace(city, city.epoch).power == 0
    assert history_pace(city, city.live_from - METERED_LAST).power == 30
    assert history_pace(city, city.live_from).minute == 0


def test_duties_that_look_at_a_day_and_more_are_asked_once_a_day_of_the_history() -> None:
    city, every = City(), {duty.name for duty in DUTIES}
    midnight = city.epoch + timedelta(days=1)
    assert history_duties(midnight, city) == every
    assert every - history_duties(midnight + timedelta(hours=6), city) == ONCE_A_DAY
    assert history_duties(city.live_from, city) == every  # nothing is owed when the live part begins
    assert all(duty.reach >= timedelta(days=1) for duty in DUTIES if duty.name in ONCE_A_DAY)
