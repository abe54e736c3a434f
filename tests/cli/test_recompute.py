"""`qingtian recompute`: judge stored periods again, on the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.duties.memory_store import MemoryStore
from tests.duties.scene import T0, hours, limit, outlet

from qingtian.apps.judgements.models import Judgement, Recomputation
from qingtian.cli.recompute import command
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.duties.registry import duty
from qingtian.duties.runner import run_duty
from qingtian.runtime import clock
from qingtian.runtime.clock import current_clock

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Shared(MemoryStore):
    """The commands close their store; the test reads on."""

    def close(self) -> None:
        pass


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Shared:
    made = Shared()
    monkeypatch.setattr("qingtian.telemetry.store.open_store", lambda *_, **__: made)

    class Frozen:
        def now(self) -> Any:
            return T0 + 5 * DAY

    monkeypatch.setattr(clock, "current_clock", Frozen)
    assert current_clock is not clock.current_clock
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def judge(store: Shared) -> None:
    assert run_duty(duty("judge_emission_hours"), T0 + DAY, store, strict=True, force=True)


def changed_permit(store: Shared) -> None:
    stack = outlet()
    store.append(hours(stack, T0, [60, 90, 130]))
    judge(store)
    stack.attributes = {**stack.attributes, "permit_limits": [limit(value="80")]}
    stack.save()


def test_a_changed_permit_judges_the_days_that_are_named(store: Shared) -> None:
    changed_permit(store)
    result = run("--from", "2025-11-24", "--to", "2025-11-25")
    assert result.exit_code == 0, result.output
    assert "2 of 2 days" in result.output
    assert "within>exceeds 1" in result.output
    assert "finding F-2025-" in result.output
    assert Judgement.objects.current().filter(verdict="exceeds").count() == 2
    assert Judgement.objects.count() == 6


def test_a_dry_run_as_json_lists_and_changes_nothing(store: Shared) -> None:
    changed_permit(store)
    told = json.loads(run("--from", "2025-11-24", "--dry-run", "--json").output)
    assert (told["mode"], told["state"], told["counts"]["within>exceeds"]) == ("dry_run", "done", 1)
    assert [finding["parameter"] for finding in told["findings"]] == ["a21002"]
    assert Judgement.objects.count() == 3


def test_rules_and_knowledge_of_a_date_are_kept_beside(store: Shared) -> None:
    changed_permit(store)
    told = json.loads(
        run("--from", "2025-11-24", "--rules-on", "2026-05-01", "--as-known", "2025-11-28", "--json").output
    )
    assert told["mode"] == "beside"
    assert told["rules_on"] == "2026-05-01"
    assert told["as_known"].startswith("2025-11-28T00:00:00+08:00") or told["as_known"].startswith("2025-11-27T16:00")
    assert Judgement.objects.count() == 3


def test_ctrl_c_stops_after_a_day_and_resume_goes_on(store: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    changed_permit(store)
    asked = store.window
    calls = iter(range(100))

    def interrupt(*given: Any, **more: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return asked(*given, **more)

    monkeypatch.setattr(store, "window", interrupt)
    result = run("--from", "2025-11-24", "--to", "2025-11-27")
    number = Recomputation.objects.get().number
    assert f"qingtian recompute --resume {number} goes on" in result.output
    assert "cancelled" in result.output
    done = run("--resume", number)
    assert "done: 4 of 4 days" in done.output
    assert Recomputation.objects.get().state == "done"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--from", "2025-11-25", "--to", "2025-11-24"), "last_day"),
        (("--from", "2025-11-24", "--as-known", "2030-01-01"), "as_known"),
        (("--from", "2030-01-01"), "first_day"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(store: Shared, arguments: tuple[str, ...], field: str) -> None:
    error = run(*arguments).exception
    assert isinstance(error, InvalidInput)
    assert error.field == field


def test_the_first_day_is_needed_and_a_date_is_a_date(store: Shared) -> None:
    assert run().exit_code == 2
    assert "--from" in run().output
    assert run("--from", "yesterday").exit_code == 2
    assert isinstance(run("--resume", "R-2025-000099").exception, NotVisible)
