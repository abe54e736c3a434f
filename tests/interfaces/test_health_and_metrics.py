"""Health and metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces import city

from qingtian.apps.findings.states import Kind
from qingtian.interfaces.api.present.health import kept
from qingtian.interfaces.metrics.exposition import Metric, Sample, exposition
from qingtian.interfaces.metrics.figures import LAG_WARNING_BYTES, process_checks, report_age
from qingtian.runtime.clock import real_now
from qingtian.runtime.health import Check, Level
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.counters import counters_path, write_counters

LINE = re.compile(r'^[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+$')


@pytest.fixture
def reporting() -> Iterator[None]:
    """Gateway and worker have just written their counters."""
    folder = get_settings().data_dir
    now = real_now().isoformat()
    gateway = {"at": now, "frames": 12, "accepted": 10, "acked": 9, "bad_crc": 2, "connections": 3, "port": 9212}
    write_counters(counters_path(folder, "gateway"), gateway | {"connections_total": 4})
    write_counters(counters_path(folder, "worker"), {"at": now, "frames": 10, "new": 40, "lag_bytes": 512})
    yield
    for name in ("gateway", "worker"):
        counters_path(folder, name).unlink()


def checks(client: Client) -> dict[str, dict]:
    return {one["name"]: one for one in client.get("/api/v1/health").json()["checks"]}


@pytest.mark.usefixtures("reporting")
def test_health_looks_at_storage_database_clock_spool_and_gateway(duty: Client) -> None:
    found = checks(duty)

    assert {"storage", "disk", "database", "clock", "spool lag", "gateway"} <= set(found)
    assert found["database"]["level"] == "ok"
    assert "replayed city time" in found["clock"]["detail"]
    assert found["gateway"]["detail"] == "3 connections, port 9212"
    assert found["spool lag"] == {
        "name": "spool lag",
        "level": "ok",
        "detail": "512 bytes of raw frames are not yet observations",
        "remedy": "",
    }


def test_visitors_learn_the_levels_but_no_paths(duty: Client) -> None:
    page = Client().get("/api/v1/health").json()

    assert all(one["detail"] == "" and one["remedy"] == "" for one in page["checks"])
    assert str(get_settings().data_dir) not in str(page)
    assert str(get_settings().data_dir) in str(duty.get("/api/v1/health").json())


def test_processes_that_do_not_report_are_named_with_a_remedy(duty: Client) -> None:
    found = checks(duty)

    assert (found["gateway"]["level"], found["spool lag"]["level"]) == ("warning", "warning")
    assert "qingtian worker" in found["spool lag"]["remedy"]


def test_a_broken_part_makes_the_answer_503(duty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [Check("disk", Level.ERROR, "full", "free space")]
    monkeypatch.setattr("qingtian.interfaces.api.present.health.run_checks", lambda _: broken)
    kept.forget()

    answer = duty.get("/api/v1/health")

    assert (answer.status_code, answer.json()["status"]) == (503, "error")


def test_a_growing_lag_an_old_report_and_a_failing_spool_are_noticed() -> None:
    settings = get_settings()
    now = real_now()

    def levels(gateway: dict, worker: dict) -> tuple[Level, Level]:
        write_counters(counters_path(settings.data_dir, "gateway"), gateway)
        write_counters(counters_path(settings.data_dir, "worker"), worker)
        one, other = process_checks(settings)
        return one.level, other.level

    fresh, old = now.isoformat(), (now - timedelta(minutes=5)).isoformat()
    assert levels({"at": fresh}, {"at": fresh, "lag_bytes": 0}) == (Level.OK, Level.OK)
    assert levels({"at": old}, {"at": old}) == (Level.WARNING, Level.WARNING)
    assert levels({"at": fresh, "spool_error": "no space"}, {"at": fresh, "lag_bytes": LAG_WARNING_BYTES + 1}) == (
        Level.ERROR,
        Level.WARNING,
    )
    assert levels({"at": "nonsense"}, {"at": fresh, "last_error": "boom"}) == (Level.WARNING, Level.WARNING)
    for name in ("gateway", "worker"):
        counters_path(settings.data_dir, name).unlink()
    assert report_age({}) is None


@pytest.mark.usefixtures("reporting")
def test_metrics_count_frames_lag_findings_and_late_streams(town: city.Town) -> None:
    city.finding(town, severity=3)
    city.finding(town, kind=Kind.LATE_STREAM, rule_id="late_stream", parameter="", detail={})

    answer = Client().get("/metrics")

    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        "qingtian_gateway_frames_total 12",
        "qingtian_gateway_connections 3",
        "qingtian_gateway_connections_total 4",
        "qingtian_ingest_new_total 40",
        "qingtian_ingest_lag_bytes 512",
        "qingtian_late_streams 1",
        'qingtian_findings_waiting{severity="3"} 1',
        "qingtian_cases_open 0",
        "qingtian_live_clients 0",
    ):
        assert line in text.splitlines(), line
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.match(line) for line in body)


def test_every_metric_is_declared_once(town: city.Town) -> None:
    lines = Client().get("/metrics").content.decode().splitlines()
    declared = [line.split()[2] for line in lines if line.startswith("# TYPE ")]

    assert len(declared) == len(set(declared))
    assert {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")} <= set(declared)


@given(st.text(max_size=30), st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_any_label_and_value_stay_one_line(label: str, value: float) -> None:
    metric = Metric("qingtian_x", "gauge", "any", (Sample(value, {"name": label.replace("\r", "")}),))

    lines = exposition([metric]).rstrip("\n").split("\n")

    assert len(lines) == 3
    assert float(lines[2].rsplit(" ", 1)[1]) == pytest.approx(value)


def test_the_gateways_figures_are_scraped_by_reason_limit_and_time(duty: Client) -> None:
    counters = {
        "at": real_now().isoformat(),
        "rejected_by_reason": {"crc_modbus": 3, "made_up_by_a_device": 9},
        "limits_hit": {"device_frames_per_s": 2},
        "sync_seconds": {"bounds": [0.001, 0.01], "counts": [5, 2, 1], "sum": 0.25},
        "commands": {"sent": 4, "outstanding": 1, "reports_waiting": 0, "last_error": ""},
        "doubles": 1,
        "tls_connections_total": 6,
    }
    path = counters_path(get_settings().data_dir, "gateway")
    write_counters(path, counters)
    write_counters(counters_path(get_settings().data_dir, "worker"), {"at": counters["at"], "lag_seconds": 12.5})
    try:
        lines = Client().get("/metrics").content.decode().splitlines()
    finally:
        path.unlink()
        counters_path(get_settings().data_dir, "worker").unlink()

    assert 'qingtian_gateway_rejects_total{reason="crc_modbus"} 3' in lines
    assert 'qingtian_gateway_rejects_total{reason="incomplete"} 0' in lines
    assert not any("made_up" in line for line in lines), "nothing that a device sends becomes a label"
    assert 'qingtian_gateway_limits_hit_total{limit="device_frames_per_s"} 2' in lines
    assert [line for line in lines if line.startswith("qingtian_gateway_fsync_seconds")] == [
        'qingtian_gateway_fsync_seconds_bucket{le="0.001"} 5',
        'qingtian_gateway_fsync_seconds_bucket{le="0.01"} 7',
        'qingtian_gateway_fsync_seconds_bucket{le="+Inf"} 8',
        "qingtian_gateway_fsync_seconds_sum 0.25",
        "qingtian_gateway_fsync_seconds_count 8",
    ]
    assert "# TYPE qingtian_gateway_fsync_seconds histogram" in lines
    assert 'qingtian_gateway_commands_total{event="sent"} 4' in lines
    assert "qingtian_gateway_commands_outstanding 1" in lines
    assert "qingtian_gateway_doubles 1" in lines
    assert "qingtian_gateway_tls_connections_total 6" in lines
    assert "qingtian_ingest_lag_seconds 12.5" in lines
