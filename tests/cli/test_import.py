"""`qingtian import`: try, import, stop, go on, take back, on the command line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.duties.memory_store import MemoryStore
from tests.duties.scene import station
from tests.telemetry.importing import DATA

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.imports.actions.run_import import start_import
from qingtian.apps.imports.models import DataImport
from qingtian.apps.imports.states import Carrier
from qingtian.cli.import_ import command
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.runtime import clock
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)
HOURS = str(DATA / "wuhan_stations.csv")


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
            return NOW

    monkeypatch.setattr(clock, "current_clock", Frozen)
    for code in ("1325A", "1334A", "METER-1"):
        station(code)
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def told(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def held(store: Shared, site: str) -> int:
    return len(store.window(Cycle.HOUR, NOW - timedelta(days=3650), NOW, sites=[site]))


def test_a_file_is_guessed_tried_and_imported(store: Shared) -> None:
    result = run(HOURS)
    assert result.exit_code == 0, result.output
    assert "built-in mapping: national_air_stations" in result.output
    row = DataImport.objects.get()
    assert f"{row.number} done" in result.output
    assert "PM10 is missing where PM2.5 is present" in result.output
    assert held(store, "1325A") > 1000
    assert row.counts["new"] == held(store, "1325A") + held(store, "1334A")


def test_a_dry_run_stores_nothing_and_can_be_read_by_programs(store: Shared) -> None:
    answer = told(run(HOURS, "--dry-run", "--json"))
    assert answer["state"] == "checked"
    assert answer["trial"]["row_errors"] == 0
    assert held(store, "1325A") == 0


def test_a_site_can_be_named_for_a_file_of_one_site(store: Shared) -> None:
    result = run(str(DATA / "steel_power.csv"), "--mapping", "power_meter_15min", "--site", "METER-1", "--json")
    assert told(result)["counts"]["new"] == 288 * 3


def test_a_mapping_file_is_used_and_refused_rows_are_written(store: Shared, tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text(
        'name = "ours"\ntime = { columns = ["t"] }\nsite = { constant = "1325A" }\n'
        'columns = [{ column = "v", pollutant = "a34004", unit = "ug/m3" }]\n',
        "utf-8",
    )
    data, wrong = tmp_path / "d.csv", tmp_path / "wrong.csv"
    data.write_text("t,v\n2025-12-01 00:00,3\n2025-12-01 01:00,bad\n", "utf-8")
    result = run(str(data), "--mapping", str(mapping), "--errors", str(wrong))
    assert result.exit_code == 0, result.output
    assert "no number" in result.output
    assert wrong.read_text("utf-8-sig").splitlines()[1] == "3,not_a_number,no number,v,bad,1325A"


def test_a_file_that_proves_wrong_ends_with_an_error(store: Shared, tmp_path: Path) -> None:
    lines = ["time,station,aqi,pm25,pm10,so2,no2,o3,co,o3_24h"]
    lines += [f"2025-12-01 {hour:02d}:00,1325A,77,40,60,77,9,30,0.5,90" for hour in range(24)]
    path = tmp_path / "f.csv"
    path.write_text("\n".join(lines), "utf-8")
    result = run(str(path), "--mapping", "national_air_stations")
    assert result.exit_code == 2
    assert "columns are shifted by one" in result.output
    assert held(store, "1325A") == 0


def test_ctrl_c_stops_and_resume_goes_on(store: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    append, calls = store.append, []

    def interrupted(*args: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            append(*args, **more)
            raise KeyboardInterrupt
        return append(*args, **more)

    monkeypatch.setattr(store, "append", interrupted)
    stopped = run(HOURS)
    row = DataImport.objects.get()
    assert f"--resume {row.number} goes on" in stopped.output
    assert row.state == "cancelled"
    done = told(run("--resume", row.number, "--json"))
    assert done["state"] == "done"
    assert done["counts"] == {"new": done["report"]["values"], "corrected": 0, "duplicate": 0}


def test_an_import_of_a_killed_command_is_taken_up_again(store: Shared) -> None:
    run(HOURS, "--dry-run")
    row = DataImport.objects.get()
    start_import(SYSTEM_ACTOR, NOW, row.number, carrier=Carrier.COMMAND)
    assert told(run("--resume", row.number, "--json"))["state"] == "done"


def test_an_import_is_taken_back_with_its_reason(store: Shared) -> None:
    run(HOURS)
    number = DataImport.objects.get().number
    again = told(run(HOURS, "--json"))
    assert again["counts"]["new"] == 0
    assert isinstance(run("--withdraw", number).exception, InvalidInput)
    result = run("--withdraw", number, "--reason", "wrong station")
    assert f"{again['number']} repeats values of it" in result.output
    assert "hidden:" in result.output
    assert held(store, "1325A") == 0
    assert "withdrawn" in run("--list").output


def test_mappings_are_listed_and_unknown_ones_refused(store: Shared) -> None:
    listed = run("--mappings").output
    assert "water_station" in listed
    assert "four_hour" in listed
    assert isinstance(run(HOURS, "--mapping", "nothing").exception, NotVisible)
    assert run().exit_code == 2
