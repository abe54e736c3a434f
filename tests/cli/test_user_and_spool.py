"""`qingtian user` and `qingtian spool` in one process: how scopes are written, what an archive shows."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from qingtian.apps.accounts.actor import Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.cli import spool, user
from qingtian.domain.errors import Conflict, InvalidInput, QingtianError
from qingtian.runtime.settings import get_settings, load_settings
from qingtian.telemetry.cluster.sharding import first_segment
from qingtian.telemetry.spool import SpoolWriter, spool_path

PASSWORD = "corn-lantern-forty-two"
AT = datetime(2025, 11, 22, 1, tzinfo=UTC)


def run(command: Any, *arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(command, list(arguments), input=answers)


def refused(result: Result) -> QingtianError:
    assert isinstance(result.exception, QingtianError), result.output
    assert result.exception.remedy
    return result.exception


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "grant"),
    [
        ("handler", Grant(Role.HANDLER)),
        ("handler:420107", Grant(Role.HANDLER, "420107")),
        ("handler::E-1", Grant(Role.HANDLER, "", "E-1")),
        ("inspector:420100:E-1", Grant(Role.INSPECTOR, "420100", "E-1")),
        ("enterprise_user::E-1", Grant(Role.ENTERPRISE_USER, "", "E-1")),
    ],
)
def test_a_role_is_written_with_its_scope(written: str, grant: Grant) -> None:
    made = run(user.command, "create", "li", "--role", written, "--card", "K-1", "--password", PASSWORD)
    assert made.exit_code == 0, made.output
    assert actor_of(User.objects.get(username="li")).grants == (grant,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--role", "Handler"), "role"),
        (("--role", ""), "role"),
        (("--role", "system"), "role"),
        (("--role", "enterprise_user"), "org"),
        (("--role", "enterprise_user:420107"), "org"),
        (("--role", "inspector"), "card_number"),
        (("--role", "handler", "--role", "king"), "role"),
    ],
)
def test_a_role_that_cannot_be_given_makes_no_account(arguments: tuple[str, ...], field: str) -> None:
    error = refused(run(user.command, "create", "li", *arguments, "--password", PASSWORD))
    assert isinstance(error, InvalidInput)
    assert error.field == field
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_password_is_asked_for_twice_and_never_shown() -> None:
    made = run(
        user.command, "create", "li", "--role", "handler", answers=f"{PASSWORD}\n{PASSWORD}x\n{PASSWORD}\n{PASSWORD}\n"
    )
    assert made.exit_code == 0
    assert "do not match" in made.output and PASSWORD not in made.output
    changed = run(user.command, "set", "li", "--password", answers="another-long-secret-9\nanother-long-secret-9\n")
    assert changed.exit_code == 0
    assert User.objects.get(username="li").check_password("another-long-secret-9")


@pytest.mark.django_db
def test_an_account_is_changed_part_by_part() -> None:
    run(user.command, "create", "li", "--role", "handler:420107", "--password", PASSWORD)
    assert isinstance(refused(run(user.command, "create", "li", "--role", "handler", "--password", PASSWORD)), Conflict)
    run(user.command, "set", "li", "--role", "approver", "--role", "auditor")
    account = User.objects.get(username="li")
    assert actor_of(account).roles == {Role.APPROVER, Role.AUDITOR}
    assert account.check_password(PASSWORD)
    run(user.command, "set", "li", "--inactive")
    assert "li" in run(user.command, "list").output and "(inactive)" in run(user.command, "list").output
    run(user.command, "set", "li", "--active")
    account.refresh_from_db()
    assert account.is_active and actor_of(account).roles == {Role.APPROVER, Role.AUDITOR}


def test_the_roles_are_listed_as_they_are_written() -> None:
    assert run(user.command, "roles").output.split() == [role.value for role in Role]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = load_settings(data_dir=tmp_path)
    monkeypatch.setattr("qingtian.runtime.settings.get_settings", lambda: settings)
    return spool_path(tmp_path)


def keep(archive: Path, *frames: bytes) -> list[str]:
    writer = SpoolWriter(archive)
    try:
        positions = [
            writer.append_and_wait(frame, received_at=AT + timedelta(seconds=number))
            for number, frame in enumerate(frames)
        ]
    finally:
        writer.close()
    return [f"{one.segment}:{one.offset}" for one in positions]


def test_every_arrival_of_a_frame_is_found_by_its_hash(archive: Path) -> None:
    places = keep(archive, b"same", b"other", b"same")
    digest = hashlib.sha256(b"same").hexdigest()
    shown = [json.loads(line) for line in run(spool.command, "show", digest).output.splitlines()]
    assert [f"{one['segment']}:{one['offset']}" for one in shown] == [places[0], places[2]]
    assert {one["sha256"] for one in shown} == {digest}
    assert run(spool.command, "show", "0" * 64).output == ""


def test_bytes_that_are_no_text_are_shown_and_nothing_is_lost(archive: Path) -> None:
    (place,) = keep(archive, b"##\xff\x00\r\n\xe9")
    shown = json.loads(run(spool.command, "show", place).output)
    assert shown["frame"] == "##\\xff\x00\r\n\\xe9"


@pytest.mark.parametrize("place", ["nowhere", "1", "1:x", "1:-5", "a" * 63, ""])
def test_what_is_no_place_is_refused(archive: Path, place: str) -> None:
    assert refused(run(spool.command, "show", place)).field == "PLACE"


@pytest.mark.parametrize("offset", ["0", "3", "99999"])
def test_a_place_between_frames_or_past_the_end_is_refused(archive: Path, offset: str) -> None:
    (place,) = keep(archive, b"frame")
    segment = place.partition(":")[0]
    if f"{segment}:{offset}" != place:
        refused(run(spool.command, "show", f"{segment}:{offset}"))
    refused(run(spool.command, "show", f"no-such-segment:{offset}"))


def test_a_torn_tail_is_told_but_is_no_damage(archive: Path) -> None:
    keep(archive, b"one", b"two")
    (segment,) = archive.glob("*.seg")
    with segment.open("ab") as file:
        file.write(b"QTR1\x99\x00\x00\x00 cut")
    result = run(spool.command, "verify")
    assert result.exit_code == 0
    assert "torn tail" in result.output
    assert "2 frames" in result.output


def test_an_acknowledged_frame_that_is_cut_off_is_no_torn_tail(archive: Path) -> None:
    keep(archive, b"one", b"two")
    (segment,) = archive.glob("*.seg")
    with segment.open("r+b") as file:
        file.truncate(segment.stat().st_size - 2)
    result = run(spool.command, "verify")
    assert result.exit_code == 1
    assert "the durable mark" in result.output


def test_in_a_cluster_frames_of_every_shard_are_found_and_each_spool_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGTIAN_DATA_DIR", str(tmp_path / "web"))
    monkeypatch.setenv("QINGTIAN_NATS_SERVERS", '["nats://127.0.0.1:1"]')
    monkeypatch.setenv("QINGTIAN_CLUSTER_SHARDS", "2")
    monkeypatch.setenv("QINGTIAN_SHARDS_FOLDER", str(tmp_path / "shared"))
    get_settings.cache_clear()
    raw = b"##0031QN=1;MN=QT-1;CP=&&&&1C80"
    writer = SpoolWriter(tmp_path / "shared" / "002", first_segment=first_segment(1))
    place = writer.append_and_wait(raw, received_at=AT, peer="10.0.0.9:1")
    writer.close()
    (shown,) = run(spool.command, "show", hashlib.sha256(raw).hexdigest()).output.splitlines()
    assert json.loads(shown)["segment"] == place.segment == "002000000001"
    assert json.loads(run(spool.command, "show", f"{place.segment}:{place.offset}").output)["peer"] == "10.0.0.9:1"
    assert "1 frames" in run(spool.command, "--shard", "1", "verify").output
    assert "0 segments" in run(spool.command, "verify").output
    assert refused(run(spool.command, "--shard", "2", "verify")).remedy == "0 to 1"
    refusal = run(spool.command, "--shard", "1", "trim", "--keep-days", "3")
    assert refusal.exit_code == 2 and "trims its spool itself" in refusal.output
    get_settings.cache_clear()
