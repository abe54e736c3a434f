"""Rejected frames and newcomers over the API: words, filters, bytes without secrets, adoption with the history."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.interfaces import city
from tests.interfaces.conftest import Login
from tests.telemetry.conftest import new_database
from tests.telemetry.fleet import frame_hash, minute_frame

from qingtian.apps.journal.models import Event
from qingtian.apps.registry.models import FrameReadmission, ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profiles
from qingtian.duties import readmit_frames as duty
from qingtian.duties.readmit_frames import GET_AROUND, readmit_ordered
from qingtian.interfaces.telemetry import use_store
from qingtian.runtime.clock import real_now
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.archive import FrameArchive
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.devices import CachedDirectory
from qingtian.telemetry.gateway.judge import judge
from qingtian.telemetry.ingest import IngestLoop
from qingtian.telemetry.rejects.readmitting import Readmitter
from qingtian.telemetry.rejects.reasons import RejectReason
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store import Cycle
from qingtian.telemetry.store.ducklake import DuckLakeStore

pytestmark = pytest.mark.django_db
NEW = "QT4201000000000000000099"
PASSWORD = "654321"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLakeStore]:
    with new_database() as url:
        store = DuckLakeStore(url, tmp_path_factory.mktemp("lake"))
        yield store
        store.close()


class Held:
    """A gateway and a worker of the test."""

    def __init__(self, store: DuckLakeStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.spool = SpoolWriter(folder)
        self.directory = CachedDirectory(device_profiles)
        self.loop = self.another_loop()

    def another_loop(self) -> IngestLoop:
        return IngestLoop(self.store, self.folder, self.directory, unit_of=lambda _code: "mg/m3")

    def receive(self, raw: bytes, minutes_ago: int, peer: str = "10.1.2.3:5000") -> str:
        raw = raw.rstrip()
        self.directory.refresh()
        judged = judge(raw, self.directory)
        at = city.NOW - minutes_ago * MINUTE
        self.spool.append_and_wait(raw, received_at=at, peer=peer, verdict=judged.verdict, reason=judged.reason)
        return frame_hash(raw)

    def work(self) -> int:
        """What the worker does with orders."""
        readmitter = Readmitter(self.store, self.another_loop(), FrameArchive(self.folder), self.directory)
        return readmit_ordered(readmitter, lambda: city.NOW)


@pytest.fixture
def held(own_store: DuckLakeStore, archive: Path, town: city.Town) -> Iterator[Held]:
    """Four frames of a newcomer, one of a factory MN, a wrong password and a wrong check code of a known device."""
    with own_store._side.connection() as connection:
        connection.execute("TRUNCATE telemetry.quarantine, telemetry.latest, telemetry.last_seen")
    own_store._lake.cursor().execute("DELETE FROM lake.main.observation; DELETE FROM lake.main.progress")
    use_store(own_store)
    known = town.objects[city.MN]
    known.attributes = known.attributes | {"password": "123456"}
    known.save()
    one = Held(own_store, archive)
    for number in range(4):
        one.receive(frame(number), 40 - 10 * number, f"10.0.0.{number % 2}:7")
    one.receive(frame(0, mn="88888888"), 9)
    one.receive(frame(1, mn=city.MN, pw="wrong1"), 8)
    one.receive(frame(2, mn=city.MN).replace(b"2.5", b"9.5"), 7)
    one.loop.drain()
    yield one
    one.spool.close()


def frame(number: int, *, mn: str = NEW, pw: str = PASSWORD) -> bytes:
    at = city.NOW - 60 * MINUTE + 10 * number * MINUTE
    return minute_frame(mn, at, {"a21026": f"{number}.5", "a34013": "7"}, pw=pw)


def get(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


# -- rejected frames --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("held")
def test_rejected_frames_are_listed_newest_first_with_reason_and_remedy(duty: Client) -> None:
    page = get(duty, "/rejects")
    assert page["total"] == 7
    assert [one["reason"]["code"] for one in page["items"]] == [
        "crc_wrong",
        "password_answered",
        "default_mn",
        *["unknown_device"] * 4,
    ]
    newest = page["items"][0]
    assert (newest["mn"], newest["registered"], newest["peer"]) == (city.MN, True, "10.1.2.3:5000")
    assert newest["reason"]["remedy_zh"]
    assert newest["reason"]["group_en"] == "check code"
    assert newest["received_at"].endswith("+08:00")
    assert not page["items"][-1]["registered"]


@pytest.mark.usefixtures("held")
def test_the_list_is_filtered_paged_and_counted_alike(duty: Client) -> None:
    assert get(duty, "/rejects", reason="unknown_device")["total"] == 4
    assert get(duty, "/rejects", group="identity")["total"] == 5
    assert get(duty, "/rejects", address="10.0.0.1")["total"] == 2
    assert get(duty, "/rejects", settled="true")["items"] == []
    second = get(duty, "/rejects", page=2, page_size=3)
    assert ([one["frame"] for one in second["items"]], second["total"]) == (
        [one["frame"] for one in get(duty, "/rejects")["items"][3:6]],
        7,
    )
    oldest = get(duty, "/rejects", sort="received_at")["items"][0]
    assert oldest["received_at"] == get(duty, "/rejects")["items"][-1]["received_at"]
    summary = get(duty, "/rejects/summary", group="identity")
    assert [(one["reason"]["code"], one["frames"]) for one in summary["by_reason"]] == [
        ("unknown_device", 4),
        ("default_mn", 1),
    ]
    assert [(one["key"], one["frames"]) for one in summary["by_mn"]] == [(NEW, 4), ("88888888", 1)]
    assert {one["code"] for one in summary["reasons"]} == set(RejectReason)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("query", "field"), [({"sort": "mn"}, "sort"), ({"reason": "weather"}, "reason"), ({"group": "x"}, "group")]
)
def test_a_wrong_filter_is_named(duty: Client, query: dict[str, str], field: str) -> None:
    answer = duty.get("/api/v1/rejects", query)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["field"]


def test_a_frame_is_shown_by_its_hash_with_bytes_and_without_its_password(duty: Client, held: Held) -> None:
    digest = frame_hash(frame(1, mn=city.MN, pw="wrong1"))
    found = get(duty, f"/rejects/{digest}")
    assert found["intact"]
    assert [one["sha256"] for one in found["rows"]] == [digest]
    text = "".join(part["text"] for part in found["parts"])
    assert f"MN={city.MN}" in text
    assert "PW=******" in text
    assert "wrong1" not in json.dumps(found)
    assert b"wrong1" not in bytes.fromhex(found["hex"])
    assert len(bytes.fromhex(found["hex"])) == found["bytes"] == len(frame(1, mn=city.MN, pw="wrong1").rstrip())
    held.receive(frame(1, mn=city.MN, pw="wrong1"), 5)
    held.loop.drain()
    assert len(get(duty, f"/rejects/{digest}")["rows"]) == 2


@pytest.mark.usefixtures("held")
def test_a_hash_that_nobody_sent_is_not_there(duty: Client) -> None:
    assert duty.get(f"/api/v1/rejects/{'0' * 64}").status_code == 404


@pytest.mark.usefixtures("held")
def test_the_journal_is_exported_with_words_and_filters(duty: Client) -> None:
    answer = duty.get("/api/v1/rejects/export.csv", {"group": "identity", "bom": "false"})
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert [row["reason"] for row in rows] == [*["unknown_device"] * 4, "default_mn"]
    assert all(row["reason_zh"] and row["remedy_en"] and row["sha256"] for row in rows)
    assert PASSWORD not in answer.content.decode()


@pytest.mark.usefixtures("held")
def test_who_may_not_read_the_journal_is_told_who_may(login: Login) -> None:
    for who in ("plant", "citizen", "wuchang"):
        answer = login(who).get("/api/v1/rejects")
        assert answer.status_code == 403
        assert "data_steward" in answer.json()["error"]["remedy"]


# -- newcomers --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("held")
def test_newcomers_are_listed_once_each_with_their_traces(duty: Client) -> None:
    page = get(duty, "/newcomers")
    assert [(one["mn"], one["frames"], one["factory_mn"]) for one in page["items"]] == [
        ("88888888", 1, True),
        (NEW, 4, False),
    ]
    assert page["total"] == 2
    assert page["items"][1]["addresses"] == ["10.0.0.0", "10.0.0.1"]
    assert get(duty, "/newcomers", q=NEW[-6:])["total"] == 1
    text = duty.get("/api/v1/newcomers/export.csv").content.decode()
    assert NEW in text


@pytest.mark.usefixtures("held")
def test_a_newcomer_tells_what_it_seems_to_be(login: Login) -> None:
    found = get(login("steward"), f"/newcomers/{NEW}")
    assert (found["edition"], found["medium"], found["cycles"], found["st"]) == (2017, "air", ["minute"], ["31"])
    assert (found["minute_interval_s"], found["has_password"], found["wants_answer"]) == (600, True, True)
    assert [(one["code"], one["sample"], one["mark"], one["frames"]) for one in found["codes"]] == [
        ("a21026", "3.5", "N", 4),
        ("a34013", "7", "N", 4),
    ]
    assert all(one["name_zh"] and one["name_en"] for one in found["codes"])
    assert found["settings"] == {"edition": "2017", "minute_interval_s": 600, "expects": ["minute"]}
    assert found["may_adopt"]
    assert PASSWORD not in json.dumps(found)
    assert not get(login("duty"), f"/newcomers/{NEW}")["may_adopt"]


def test_a_newcomer_is_adopted_with_its_history_and_both_are_in_the_journal(
    login: Login, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = login("steward")
    status, order = post(
        steward,
        f"/newcomers/{NEW}/adopt",
        {
            "name": "新数采仪",
            "site": "O-1-01",
            "settings": get(steward, f"/newcomers/{NEW}")["settings"],
            "password_as_sent": True,
        },
    )
    assert (status, order["state"], order["mn"]) == (202, "waiting", NEW)
    device = RegistryObject.objects.get(type=ObjectType.DEVICE, code=NEW)
    assert device.attributes["password"] == PASSWORD
    assert device.valid_from == (city.NOW - 40 * MINUTE).date()

    assert held.work() == 4
    start, end = city.NOW - timedelta(days=1), city.NOW + timedelta(days=1)
    rows = held.store.series("O-1-01", "a21026", Cycle.MINUTE, start, end)
    assert [(str(row.value), row.period_s) for row in rows] == [(f"{number}.500000", 600) for number in range(4)]
    assert get(steward, "/newcomers")["total"] == 1
    still = get(steward, f"/readmissions/{order['id']}")
    assert (still["state"], still["taken"], still["values_new"]) == ("waiting", 4, 8)

    assert held.work() == 0  # too early for the second pass
    late = frame(9)
    held.spool.append_and_wait(  # decided by a gateway that did not know the new register yet
        late.rstrip(), received_at=city.NOW, verdict=judge(late.rstrip(), CachedDirectory(dict)).verdict
    )
    held.loop.drain()
    monkeypatch.setattr(duty, "real_now", lambda: real_now() + GET_AROUND)
    assert held.work() == 1
    done = get(steward, f"/readmissions/{order['id']}")
    assert (done["state"], done["taken"], done["values_new"], done["still_out"]) == ("done", 5, 10, [])
    assert held.work() == 0
    assert get(steward, "/rejects", mn=NEW, settled="false")["total"] == 0
    types = list(Event.objects.filter(object_id=str(device.pk)).order_by("seq").values_list("type", flat=True))
    assert types[-4:] == ["object.registered", "device.adopted", "frames.readmission_asked", "frames.readmitted"]
    assert PASSWORD not in json.dumps(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("mn", "changes", "status", "field"),
    [
        ("88888888", {}, 422, "mn"),
        ("NEVER-HEARD", {}, 404, "mn"),
        (city.MN, {}, 404, "mn"),
        (NEW, {"site": "O-9-99"}, 422, "parent"),
        (NEW, {"site_type": "region"}, 422, "site_type"),
        (NEW, {"settings": {"edition": "1999"}}, 422, "edition"),
        (NEW, {"settings": {"colour": "red"}}, 422, "attributes.colour"),
        (NEW, {"name": ""}, 422, "name"),
    ],
)
def test_an_adoption_that_cannot_be_names_the_field_and_changes_nothing(
    login: Login, mn: str, changes: dict[str, Any], status: int, field: str
) -> None:
    before = RegistryObject.objects.count()
    found, body = post(login("steward"), f"/newcomers/{mn}/adopt", {"name": "x", "site": "O-1-01", **changes})
    assert found == status, body
    assert field in body["error"]["field"]
    assert body["error"]["remedy"]
    assert (RegistryObject.objects.count(), FrameReadmission.objects.count()) == (before, 0)


def test_only_a_steward_adopts(login: Login, held: Held) -> None:
    status, body = post(login("duty"), f"/newcomers/{NEW}/adopt", {"name": "x", "site": "O-1-01"})
    assert (status, "data_steward" in body["error"]["remedy"]) == (403, True)
    assert held.work() == 0


# -- taking frames in after a correction ------------------------------------------------------------------------------


def test_frames_with_a_wrong_password_are_taken_once_the_register_is_corrected(
    login: Login, held: Held, town: city.Town
) -> None:
    device = town.objects[city.MN]
    steward = login("steward")
    get(steward, "/rejects", reason="password_answered")
    device.attributes = device.attributes | {"password": "wrong1"}
    device.save()
    status, order = post(
        steward,
        "/readmissions",
        {"mn": city.MN, "reasons": ["password_answered"], "why": "the register had a typing error"},
    )
    assert (status, order["why"]) == (202, "the register had a typing error")
    assert (
        post(steward, "/readmissions", {"mn": city.MN, "reasons": ["password_answered"], "why": "x"})[1]["id"]
        == (order["id"])
    )
    assert held.work() == 1
    listed = get(steward, "/readmissions", mn=city.MN)
    assert [(one["taken"], one["state"]) for one in listed["items"]] == [(1, "waiting")]
    left = get(steward, "/rejects", mn=city.MN, settled="false")["items"]
    assert [one["reason"]["code"] for one in left] == ["crc_wrong"]


def test_a_failing_pass_is_told_and_made_again(login: Login, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    steward = login("steward")
    order = post(steward, "/readmissions", {"mn": city.MN, "why": "try"})[1]

    def broken(*_: object) -> None:
        raise ConnectionError("the lake is away")

    with monkeypatch.context() as patch:
        patch.setattr(Readmitter, "run", broken)
        assert held.work() == 0
    told = get(steward, f"/readmissions/{order['id']}")
    assert (told["state"], told["error"]) == ("waiting", "the lake is away")
    held.work()
    told = get(steward, f"/readmissions/{order['id']}")
    assert told["error"] == ""
    assert {one["code"] for one in told["still_out"]} == {"password_answered", "crc_wrong"}
    assert all(one["zh"] and one["en"] for one in told["still_out"])


@pytest.mark.usefixtures("held")
def test_an_order_needs_a_device_and_a_word(login: Login) -> None:
    assert post(login("steward"), "/readmissions", {"mn": "NOBODY", "why": "x"})[0] == 404
    assert post(login("steward"), "/readmissions", {"mn": city.MN, "why": " "})[0] == 422
    assert post(login("steward"), "/readmissions", {"mn": city.MN, "why": "x", "reasons": ["weather"]})[0] == 422
    assert post(login("plant"), "/readmissions", {"mn": city.MN, "why": "x"})[0] == 403


# -- the gateway ------------------------------------------------------------------------------------------------------


def test_the_gateway_tells_limits_strangers_and_doubled_numbers(duty: Client, login: Login) -> None:
    path = counters_path(get_settings().data_dir, "gateway")
    double = {"mn": NEW, "since": "2025-11-24T10:00:00+08:00", "last_at": "2025-11-24T10:30:00+08:00", "turns": 3}
    write_counters(
        path,
        {
            "state": "listening",
            "at": real_now().isoformat(),
            "port": 9212,
            "connections": 2,
            "limits_hit": {"idle": 4},
            "foreign_by_address": {"10.9.9.9": 2},
            "doubled_devices": [double | {"data_times": {"10.0.0.1": "20251124100000"}}],
        },
    )
    try:
        found = get(duty, "/gateway")
        assert login("citizen").get("/api/v1/gateway").status_code == 403
    finally:
        path.unlink()
    assert (found["state"], found["port"], found["tls_port"], found["connections"]) == ("listening", 9212, 0, 2)
    assert found["limits_hit"] == {"idle": 4}
    assert found["foreign_by_address"] == {"10.9.9.9": 2}
    assert found["doubled_devices"][0]["mn"] == NEW
    assert get(duty, "/gateway")["state"] == "unknown"
