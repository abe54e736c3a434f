"""The parts of a shard's process that need no stream: its archive, its report, and what the worker makes of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.telemetry.archives import AT, everything, fleet
from tests.telemetry.archives import fill as filled

from qingtian.domain.errors import ConfigurationError
from qingtian.duties import shard as shard_process
from qingtian.duties import worker
from qingtian.duties.keep_archive import kept_elsewhere
from qingtian.duties.shard import Keeper
from qingtian.duties.shard_reports import report_path, shards_told
from qingtian.duties.standing import Standing
from qingtian.runtime.settings import Settings, WorkerRole, load_settings
from qingtian.telemetry.cluster.forwarder import CONSUMED
from qingtian.telemetry.cluster.marks import write_mark
from qingtian.telemetry.counters import write_counters
from qingtian.telemetry.spool import segments
from qingtian.telemetry.spool.folder import packed_segments
from qingtian.telemetry.store.port import SpoolPosition, Store

LATER = AT + timedelta(days=40)


@dataclass
class Stored:
    """A store that only knows how far it is."""

    position: SpoolPosition | None

    def durable_progress(self) -> SpoolPosition | None:
        return self.position


def cluster(folder: Path, **others: object) -> Settings:
    servers = ["nats://127.0.0.1:1"]
    return load_settings(data_dir=folder, nats_servers=servers, cluster_shards=2, **others)


def test_a_shard_trims_what_its_store_has_and_no_evidence_rests_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = filled(tmp_path, fleet(30))
    names, before = segments(tmp_path), everything(tmp_path)
    linked = {before[4].sha256}
    monkeypatch.setattr(shard_process, "_linked", lambda: frozenset(linked))
    store = Stored(SpoolPosition(names[4], 10**9))
    keeper = Keeper(tmp_path, cast("Store", store), keep_days=30)
    keeper.step(LATER, threading.Event())
    assert packed_segments(tmp_path) == [name for name in segments(tmp_path) if name != names[-1]]
    kept = everything(tmp_path)
    assert before[4] in kept
    gone = [one for one in before if one not in kept]
    assert gone and keeper.dropped_frames == len(gone)
    assert all(one.position.segment < names[4] for one in gone)
    assert places[-1] in [one.position for one in kept]
    store.position = SpoolPosition(names[-1], 10**9)
    keeper.step(LATER, threading.Event())
    assert everything(tmp_path) == kept  # looked after once an hour


def test_a_shard_that_keeps_everything_compresses_alone(tmp_path: Path) -> None:
    filled(tmp_path, fleet(30))
    before = everything(tmp_path)
    keeper = Keeper(tmp_path, cast("Store", Stored(SpoolPosition("9" * 12, 0))), keep_days=0)
    keeper.step(LATER, threading.Event())
    assert everything(tmp_path) == before and packed_segments(tmp_path)


def test_the_worker_of_a_cluster_tells_what_the_shards_report(tmp_path: Path) -> None:
    settings = cluster(tmp_path, shards_folder=tmp_path / "shared")
    at = AT.isoformat()
    write_counters(
        report_path(settings, 0),
        {"at": at, "host": "in-1", "lag_bytes": 700, "lag_seconds": 3.5, "frames": 40, "pid": 7},
    )
    assert report_path(settings, 0) == tmp_path / "shared" / "001.json"
    told = shards_told(settings, AT)
    assert told["last_error"] == "shard 1 has never reported: start `qingtian shard 1` on an ingest host"
    write_counters(report_path(settings, 1), {"at": at, "host": "in-2", "lag_bytes": 300, "frames": 2})
    told = shards_told(settings, AT + timedelta(seconds=20))
    assert (told["lag_bytes"], told["lag_seconds"], told["frames"], told["last_error"]) == (1000, 3.5, 42, "")
    assert told["shards"]["1"] == {"at": at, "host": "in-2", "lag_bytes": 300, "frames": 2}
    told = shards_told(settings, AT + timedelta(seconds=31))
    assert told["last_error"].startswith("shard 0 on in-1 is silent for 31 s")
    write_counters(
        report_path(settings, 0), {"at": at, "host": "in-1", "last_error": "", "received_last_error": "no server"}
    )
    assert shards_told(settings, AT)["last_error"] == "shard 0 on in-1: no server"


def test_one_machine_that_does_not_ingest_tells_no_lag(tmp_path: Path) -> None:
    assert shards_told(load_settings(data_dir=tmp_path), AT) == {"lag_bytes": 0, "lag_seconds": 0.0}


def test_a_worker_does_everything_on_one_machine_and_does_not_ingest_in_a_cluster(tmp_path: Path) -> None:
    alone, together = load_settings(data_dir=tmp_path), cluster(tmp_path)
    assert all(alone.worker_does(role) for role in WorkerRole)
    assert {role for role in WorkerRole if not together.worker_does(role)} == {WorkerRole.INGEST, WorkerRole.ARCHIVE}
    chosen = cluster(tmp_path, worker_roles=["jobs", "imports"])
    assert {role for role in WorkerRole if chosen.worker_does(role)} == {WorkerRole.JOBS, WorkerRole.IMPORTS}
    with pytest.raises(ConfigurationError, match="`qingtian shard` ingests") as refused:
        cluster(tmp_path, worker_roles=["ingest", "duties"])
    assert refused.value.field == "worker_roles"


def test_every_role_has_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(data_dir=tmp_path)
    nothing: Any = SimpleNamespace(compact=lambda: None)
    monkeypatch.setattr(worker, "_readmitter", lambda *_: None)
    work = worker.work_of(settings, nothing, nothing, Standing(settings), threading.Event())
    assert set(work) == set(WorkerRole)


def test_the_spool_of_a_gateway_counts_as_kept_where_the_shards_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = cast("Store", Stored(SpoolPosition("000000000057", 20)))  # of another machine, before the cluster
    monkeypatch.setattr("qingtian.duties.keep_archive.get_settings", lambda: cluster(tmp_path))
    assert kept_elsewhere(tmp_path, store) is None
    (tmp_path / "spool").mkdir()
    write_mark(tmp_path / "spool" / CONSUMED, {"segment": "000000000003", "offset": 99})
    assert kept_elsewhere(tmp_path, store) == SpoolPosition("000000000003", 99)
    monkeypatch.setattr("qingtian.duties.keep_archive.get_settings", lambda: load_settings(data_dir=tmp_path))
    assert kept_elsewhere(tmp_path, store) == SpoolPosition("000000000057", 20)
