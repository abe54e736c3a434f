"""The database part of a backup on a real server: one snapshot, honest counts, refusals that name the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.telemetry.conftest import new_database

from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.backup import dumping
from qingtian.runtime.backup.dumping import (
    dump,
    load_dump,
    move_lake,
    read_facts,
    refuse_foreign_tables,
    refuse_older_server,
    snapshot,
)

TABLES = """
CREATE TABLE public.a (id int PRIMARY KEY, word text);
INSERT INTO public.a SELECT n, 'word ' || n FROM generate_series(1, 500) n;
CREATE SCHEMA lake;
CREATE TABLE lake.ducklake_metadata (key text, value text, scope text);
INSERT INTO lake.ducklake_metadata VALUES ('data_path', '/old/lake/', NULL), ('data_path', '/other/', 'table');
CREATE TABLE lake.ducklake_data_file (path text, end_snapshot bigint);
INSERT INTO lake.ducklake_data_file VALUES ('day=2025-11-22/x.parquet', NULL), ('day=2025-11-22/gone.parquet', 7);
CREATE TABLE lake.ducklake_snapshot (snapshot_id bigint);
INSERT INTO lake.ducklake_snapshot VALUES (3), (12);
CREATE TABLE public.journal_event (seq int, hash text);
CREATE TABLE public."Odd name; DROP" (x int);
CREATE TABLE public.django_migrations (app text, name text);
INSERT INTO public.django_migrations VALUES ('registry', '0001_initial'), ('cases', '0002_more');
"""


@pytest.fixture
def source() -> Iterator[str]:
    with new_database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(TABLES)
        yield url


@pytest.fixture
def target() -> Iterator[str]:
    with new_database() as url:
        yield url


def test_facts_are_those_of_the_snapshot_whatever_comes_later(source: str) -> None:
    with snapshot(source) as (connection, name):
        with psycopg.connect(source) as other:
            other.execute("DELETE FROM a; INSERT INTO journal_event VALUES (1, 'later')")
        facts = read_facts(connection)
    assert name
    assert facts.tables["public.a"] == 500 and facts.tables["public.journal_event"] == 0
    assert facts.tables["public.Odd name; DROP"] == 0
    assert facts.migrations == ("cases.0002_more", "registry.0001_initial")
    assert facts.heads == {"lake": "12"}  # an empty chain has no head, a missing one neither
    assert facts.lake_files == {"x.parquet"}  # what no snapshot names is not needed
    assert facts.bytes > 0 and facts.postgres >= 150000


def test_a_dump_of_a_snapshot_comes_back_in_an_empty_database_as_it_was(
    source: str, target: str, tmp_path: Path
) -> None:
    path = tmp_path / "dump"
    with snapshot(source) as (connection, name):
        before = read_facts(connection)
        with psycopg.connect(source) as other:
            other.execute("DELETE FROM a WHERE id > 3")
        with dump(source, name) as stream:
            path.write_bytes(stream.read())
    refuse_foreign_tables(target)
    load_dump(target, path)
    with snapshot(target) as (connection, _):
        after = read_facts(connection)
    assert (after.tables, after.heads, after.lake_files) == (before.tables, before.heads, before.lake_files)
    with psycopg.connect(target) as there:
        assert there.execute("SELECT word FROM a WHERE id = 500").fetchone() == ("word 500",)
    with pytest.raises(Conflict, match=r"not empty: lake\.ducklake_data_file") as caught:
        refuse_foreign_tables(target)
    assert caught.value.remedy and "..." in caught.value.message


def test_the_catalogue_learns_where_its_files_lie_now_and_nothing_else_changes(source: str) -> None:
    move_lake(source, Path("/srv/new's/lake"))
    with psycopg.connect(source) as connection:
        rows = connection.execute("SELECT value, scope FROM lake.ducklake_metadata ORDER BY value").fetchall()
    assert rows == [("/other/", "table"), ("/srv/new's/lake/", None)]


def test_without_a_lake_there_is_nothing_to_move(target: str) -> None:
    move_lake(target, Path("/srv/lake"))


def test_a_failing_dump_tells_the_last_words_of_the_tool(source: str) -> None:
    with (
        pytest.raises(Unavailable, match="pg_dump ended with code 1") as caught,
        dump(source, "no-such-snapshot") as stream,
    ):
        stream.read()
    assert "snapshot" in caught.value.message and caught.value.field == "database_url"


def test_a_dump_that_is_not_read_to_its_end_leaves_no_process(source: str) -> None:
    class Enough(Exception):
        pass

    with snapshot(source) as (_, name), pytest.raises(Enough), dump(source, name) as stream:
        stream.read(10)
        raise Enough


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"not a dump at all" * 100])
def test_what_is_no_dump_is_not_loaded(target: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dump").write_bytes(content)
    with pytest.raises(Unavailable, match="pg_restore ended with code 1"):
        load_dump(target, tmp_path / "dump")
    refuse_foreign_tables(target)


def test_an_older_server_is_refused_and_a_newer_one_is_not(target: str) -> None:
    refuse_older_server(target, 150004)
    with pytest.raises(Conflict, match="PostgreSQL 99") as caught:
        refuse_older_server(target, 990001)
    assert caught.value.remedy == "restore into version 99 or newer"


def test_a_password_is_not_in_the_command_line() -> None:
    url = "postgresql://city:very%20secret@db.example:5433/qingtian?sslmode=require"
    command = dumping._command("pg_dump", url, ["--format=custom"])
    assert "secret" not in " ".join(command)
    assert "host=db.example" in command[2] and "sslmode=require" in command[2] and "--no-password" in command
    assert dumping._environment(url)["PGPASSWORD"] == "very secret"
    assert "PGPASSWORD" not in dumping._environment("postgresql:///qingtian")


def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(Unavailable, match="PostgreSQL does not answer"), snapshot("postgresql://x@127.0.0.1:1/none"):
        pass


def test_the_tools_come_with_the_installation() -> None:
    assert all((dumping._tools() / name).exists() for name in ("pg_dump", "pg_restore"))
