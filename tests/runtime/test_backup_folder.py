"""The folder of backups by itself: content by hash, manifests that cannot be changed, thinning out, crashes."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import Conflict, InvalidInput, NotVisible, QingtianError, Unavailable
from qingtian.runtime.backup import FileEntry, Manifest, Repository
from qingtian.runtime.backup.choosing import archives, configuration_files, data_files, moved_folders
from qingtian.runtime.backup.making import _Maker, make_backup, secret_check
from qingtian.runtime.backup.manifest import read_manifest, write_manifest
from qingtian.runtime.backup.restoring import refuse_filled
from qingtian.runtime.settings import load_settings

AT = datetime(2025, 11, 22, 8, tzinfo=UTC)


def manifest(name: str, *files: FileEntry) -> Manifest:
    return Manifest(name, AT, "0.1.0", 180000, ("registry.0001",), {"public.a": 3}, {"journal": "ab"}, "c", "/d", files)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "backups")
    made.prepare()
    return made


def put(repository: Repository, content: bytes, path: str = "data/x") -> FileEntry:
    sha256, size, _ = repository.put(io.BytesIO(content))
    return FileEntry(path, size, sha256)


def test_the_same_bytes_are_stored_once_and_nobody_else_may_read_them(repository: Repository) -> None:
    first = repository.put(io.BytesIO(b"frame"))
    again = repository.put(io.BytesIO(b"frame"))
    assert first[:2] == again[:2] and (first[2], again[2]) == (True, False)
    path = repository.object_path(first[0])
    assert path.read_bytes() == b"frame"
    for folder in (repository.folder, path.parent.parent, path.parent):
        assert folder.stat().st_mode & 0o077 == 0
    assert path.stat().st_mode & 0o777 == 0o400


files = st.lists(
    st.builds(
        FileEntry,
        path=st.text(min_size=1, max_size=30),
        size=st.integers(0, 2**50),
        sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
        mode=st.integers(0, 0o777),
        mtime_ns=st.integers(0, 2**62),
        inode=st.integers(0, 2**62),
        origin=st.text(max_size=20),
    ),
    max_size=5,
)


@given(files)
def test_a_manifest_comes_back_as_it_was_written(listed: list[FileEntry]) -> None:
    one = manifest("a", *listed)
    assert read_manifest(write_manifest(one), "a") == one


@given(listed=files, place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_bit_of_a_manifest_can_be_turned(listed: list[FileEntry], place: float, bit: int) -> None:
    content = bytearray(write_manifest(manifest("a", *listed)))
    content[int(place * len(content))] ^= 1 << bit
    try:
        found = read_manifest(bytes(content), "a")
    except InvalidInput as error:
        assert error.remedy
    else:  # white space of the first line says nothing
        assert found == manifest("a", *listed)


def test_another_format_is_refused_with_what_to_do() -> None:
    content = write_manifest(manifest("a")).replace(b"qingtian-backup 1 ", b"qingtian-backup 9 ", 1)
    with pytest.raises(InvalidInput, match="format 9") as caught:
        read_manifest(content, "a")
    assert caught.value.remedy and "release" in caught.value.remedy


def test_old_backups_go_with_what_only_they_need(repository: Repository) -> None:
    shared, one, two = put(repository, b"shared"), put(repository, b"one"), put(repository, b"two")
    repository.add(manifest("1", shared, one))
    repository.add(manifest("2", shared, two))
    assert repository.prune(5) == []
    assert repository.prune(1) == ["1"]
    assert repository.names() == ["2"]
    assert not repository.object_path(one.sha256).exists()
    assert repository.verify(repository.manifest()) == []
    assert repository.prune(1) == []  # the last one always stays


def test_what_a_killed_backup_left_is_swept_and_never_counts(repository: Repository) -> None:
    (repository.folder / "objects" / ".new-abc").write_bytes(b"half")
    (repository.folder / "backups" / ".new-def").write_bytes(b"half")
    assert repository.names() == []
    with repository.locked():
        assert not list(repository.folder.rglob(".new-*"))


def test_two_backups_do_not_write_together(repository: Repository) -> None:
    other = Repository(repository.folder)
    with repository.locked(), pytest.raises(Conflict, match="another backup"), other.locked():
        pass


def test_an_object_that_was_cut_is_stored_again(repository: Repository) -> None:
    entry = put(repository, b"long enough")
    path = repository.object_path(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(b"long")
    assert not repository.holds(entry.sha256, entry.size)
    assert repository.verify(manifest("1", entry)) == [f"data/x: its bytes were changed ({path})"]
    assert repository.put(io.BytesIO(b"long enough"))[2]
    assert repository.verify(manifest("1", entry)) == []


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(InvalidInput, match="holds no backups"):
        Repository(tmp_path).prepare()
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_asking_for_what_is_not_there_names_the_way_to_see_what_is(repository: Repository) -> None:
    for name in ("", "yesterday"):
        with pytest.raises(NotVisible) as caught:
            repository.manifest(name)
        assert caught.value.remedy and "--list" in caught.value.remedy


def test_a_full_disk_of_the_backups_is_told_and_leaves_nothing(repository: Repository) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="No space left"):
        repository.put(Full())
    assert not list((repository.folder / "objects").iterdir())


def test_backups_do_not_lie_in_the_data(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "var")
    (tmp_path / "link").symlink_to(tmp_path / "var")
    for folder in ("var", "var/backups", "link/backups"):
        with pytest.raises(Conflict, match="in the data folder"):
            make_backup(settings, Repository(tmp_path / folder))
    assert not (tmp_path / "var").exists()


def test_everything_of_the_data_folder_is_chosen_but_what_a_start_makes_anew(tmp_path: Path) -> None:
    elsewhere = tmp_path / "big-disk"
    for name in (
        "spool/000000000002.seg",
        "spool/durable",
        "mqtt/durable",
        "mqtt/000000000001.seg",
        "evidence/ab/ab12",
        "clock.json",
        "new-room/file.dat",
    ):
        _touch(tmp_path / "var" / name)
    _touch(elsewhere / "main" / "observation" / "day=2025-11-22" / "x.parquet")
    (tmp_path / "var" / "lake").symlink_to(elsewhere)
    left_out = ("postgres/base/1", "run/web.pid", "lake.hold.lock", "spool/writer.lock", "evidence/.new-1", ".check")
    for name in (*left_out, "lake/spill/tmp", "lost+found/x"):
        _touch(tmp_path / "var" / name)
    assert [one.path for one in data_files(tmp_path / "var")] == [
        "data/mqtt/durable",  # the marks must not lie behind the segments that follow
        "data/spool/durable",
        "data/clock.json",
        "data/evidence/ab/ab12",
        "data/lake/main/observation/day=2025-11-22/x.parquet",
        "data/mqtt/000000000001.seg",
        "data/new-room/file.dat",
        "data/spool/000000000002.seg",
    ]


def test_configuration_keys_and_regional_packs_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("q.toml", "cert.pem", "key.pem", "packs/420100/limits.csv"):
        _touch(tmp_path / name)
    monkeypatch.setenv("QINGTIAN_CONFIG", str(tmp_path / "q.toml"))
    settings = load_settings(
        gateway_tls_certificate=tmp_path / "cert.pem",
        gateway_tls_key=tmp_path / "key.pem",
        pack_folders=[tmp_path / "packs"],
        regions_file=tmp_path / "missing.json",
    )
    chosen = configuration_files(settings)
    assert [one.origin for one in chosen] == [
        str(tmp_path / name) for name in ("q.toml", "cert.pem", "key.pem", "packs/420100/limits.csv")
    ]
    assert len({one.path for one in chosen}) == 4
    assert all(re.fullmatch(r"configuration/\d{4}-[\w.]+", one.path) for one in chosen)


def test_the_secret_is_recognised_and_not_given_away() -> None:
    assert secret_check("a" * 40) == secret_check("a" * 40) != secret_check("b" * 40)
    assert "a" * 8 not in secret_check("a" * 40)


@pytest.mark.parametrize("name", ["letter", "postgres/PG_VERSION", ".hidden"])
def test_a_folder_that_holds_anything_is_not_filled(tmp_path: Path, name: str) -> None:
    _touch(tmp_path / name)
    with pytest.raises(Conflict, match="not empty"):
        refuse_filled(tmp_path)
    assert (tmp_path / name).exists()


def test_an_empty_mount_point_is_filled(tmp_path: Path) -> None:
    _touch(tmp_path / "lost+found" / "x")
    (tmp_path / "lake.hold.lock").touch()
    refuse_filled(tmp_path)
    refuse_filled(tmp_path / "not there yet")


def test_a_manifest_says_its_size_and_what_lies_under_a_room() -> None:
    one = manifest("1", FileEntry("database.dump", 5, "0"), FileEntry("data/a", 7, "1"))
    assert (one.size, [entry.path for entry in one.under("data/")]) == (12, ["data/a"])
    assert replace(one, files=()).size == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(QingtianError) as caught:
        Repository(tmp_path / "file" / "backups").prepare()
    assert caught.value.field == "DIR" and str(tmp_path / "file" / "backups") in caught.value.message


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {path.name}\n", "utf-8")


def test_the_active_segment_of_each_archive_is_copied_up_to_its_mark(tmp_path: Path, repository: Repository) -> None:
    data = tmp_path / "var"
    for name, offset in (("spool", 10), ("mqtt", 4)):
        (data / name).mkdir(parents=True)
        (data / name / "durable").write_text(f"000000000002 {offset:016d} head crc\n", "ascii")
        (data / name / "000000000001.seg").write_bytes(b"closed and whole")
        (data / name / "000000000002.seg").write_bytes(b"0123456789 and what nobody was promised")
    maker = _Maker(load_settings(data_dir=data), repository, lambda *_: None, None)
    found = {entry.path: entry for entry in maker._copy(data_files(data))}
    copied = {path: repository.object_path(entry.sha256).read_bytes() for path, entry in found.items()}
    assert copied["data/spool/000000000002.seg"] == b"0123456789"
    assert copied["data/mqtt/000000000002.seg"] == b"0123"
    assert copied["data/mqtt/000000000001.seg"] == b"closed and whole"
    assert copied["data/spool/durable"] == (data / "spool" / "durable").read_bytes()
    assert all(len(copied[path]) == entry.size for path, entry in found.items())
    assert archives(data) == [data / "mqtt", data / "spool"]


def test_folders_that_the_settings_put_elsewhere_are_part_of_a_backup(tmp_path: Path, repository: Repository) -> None:
    data, lake, shards = tmp_path / "var", tmp_path / "mnt" / "lake", tmp_path / "mnt" / "frames"
    _touch(data / "evidence" / "ab" / "abcd")
    _touch(data / "lake" / "of-before-the-move.parquet")
    _touch(lake / "main" / "observation" / "day=2025-11-22" / "one.parquet")
    _touch(lake / "spill" / "never")
    for name in ("001", "002"):
        (shards / name).mkdir(parents=True)
        (shards / name / "durable").write_text(f"{name}000000001 {7:016d} head crc\n", "ascii")
        (shards / name / f"{name}000000001.seg").write_bytes(b"0123456789")
    settings = load_settings(data_dir=data, lake_folder=lake, shards_folder=shards)
    maker = _Maker(settings, repository, lambda *_: None, None)
    found = {entry.path: entry for entry in maker._copy(data_files(data, moved_folders(settings)))}
    assert sorted(found) == [
        "data/evidence/ab/abcd",
        "data/lake/main/observation/day=2025-11-22/one.parquet",
        "data/shards/001/001000000001.seg",
        "data/shards/001/durable",
        "data/shards/002/002000000001.seg",
        "data/shards/002/durable",
    ]
    assert found["data/shards/002/002000000001.seg"].size == 7  # up to its mark
    assert archives(data, shards) == [shards / "001", shards / "002"]
    assert archives(data) == []
    assert moved_folders(load_settings(data_dir=data)) == {}
