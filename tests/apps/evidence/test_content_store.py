from __future__ import annotations

import hashlib
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.evidence.media import ALLOWED, check_media_type
from qingtian.apps.evidence.storage import local as module
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.evidence.storage.port import Stored
from qingtian.domain.errors import InvalidInput, Unavailable


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "evidence", max_bytes=5000)


@given(st.binary(min_size=1, max_size=4000))
def test_what_goes_in_comes_out_under_its_hash(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder), max_bytes=5000)
        stored = store.put(io.BytesIO(content))
        assert stored == Stored(
            hashlib.sha256(content).hexdigest(), len(content), hashlib.new("sm3", content).hexdigest()
        )
        assert store.path_of(stored.sha256).read_bytes() == content
        assert store.digest(stored.sha256) == stored.sha256


def test_the_same_bytes_are_kept_once(store: LocalStore) -> None:
    first, second = store.put(io.BytesIO(b"same")), store.put(io.BytesIO(b"same"))
    assert first == second
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 1


def test_many_writers_of_the_same_bytes_do_not_disturb_each_other(store: LocalStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(lambda _: store.put(io.BytesIO(b"x" * 4999)), range(40)))
    (stored,) = results
    assert store.digest(stored.sha256) == stored.sha256
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [stored.sha256]


@pytest.mark.parametrize(("size", "fits"), [(5000, True), (5001, False), (0, False)])
def test_the_limits_of_size(store: LocalStore, size: int, fits: bool) -> None:
    if fits:
        assert store.put(io.BytesIO(b"x" * size)).size == size
    else:
        with pytest.raises(InvalidInput):
            store.put(io.BytesIO(b"x" * size))
        assert not [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_damaged_file_is_healed_by_the_original(store: LocalStore) -> None:
    stored = store.put(io.BytesIO(b"original"))
    path = store.path_of(stored.sha256)
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    assert store.digest(stored.sha256) != stored.sha256
    store.put(io.BytesIO(b"original"))
    assert store.digest(stored.sha256) == stored.sha256


def test_file_and_folders_are_synced_before_it_returns(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real_sync, real_replace = module.os.fsync, module.os.replace

    def sync(handle: int) -> None:
        order.append("folder" if Path(f"/proc/self/fd/{handle}").resolve().is_dir() else "file")
        real_sync(handle)

    def replace(source: Path, target: Path) -> None:
        order.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(module.os, "fsync", sync)
    monkeypatch.setattr(module.os, "replace", replace)
    store.put(io.BytesIO(b"x"))
    assert order == ["file", "rename", "folder", "folder"]


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable) as error:
        LocalStore(tmp_path / "file" / "evidence", max_bytes=10).put(io.BytesIO(b"x"))
    assert error.value.field == "data_dir"


def test_what_was_never_stored_has_no_digest(store: LocalStore) -> None:
    assert store.digest("0" * 64) is None


@given(st.sampled_from(sorted(ALLOWED)), st.binary(max_size=600))
def test_any_bytes_are_either_accepted_or_refused_by_name(media_type: str, head: bytes) -> None:
    try:
        assert check_media_type(media_type, head) == media_type
    except InvalidInput as error:
        assert error.field == "file"


@given(st.text(min_size=1, max_size=300).filter(lambda text: not any(ord(one) < 32 for one in text)))
def test_text_may_be_cut_inside_a_character(text: str) -> None:
    content = text.encode("utf-8", errors="ignore")
    for cut in range(max(0, len(content) - 3), len(content) + 1):
        assert check_media_type("text/plain", content[:cut]) == "text/plain"
