"""A small city behind the web server: clock, register, people, observations in a real store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import pytest_django
from django.test import Client
from tests.interfaces import city
from tests.interfaces import standing as standings

from qingtian.apps.evidence import content_store as stores
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.interfaces.api.attempts import refusals
from qingtian.interfaces.api.limits import buckets
from qingtian.interfaces.api.present.health import kept
from qingtian.interfaces.telemetry import use_store
from qingtian.runtime.clock import ReplayState, clock_path, real_now, set_clock
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import Mode, get_settings
from qingtian.telemetry.archive import FrameArchive
from qingtian.telemetry.store.ducklake import DuckLakeStore

Login = Callable[[str], Client]


@contextmanager
def store_of_the_city(folder: Path) -> Iterator[DuckLakeStore]:
    """A real store with the observations of the test city."""
    admin = ensure_postgres(get_settings())
    name = f"interfaces_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        info = psycopg.conninfo.conninfo_to_dict(admin)
        url = f"postgresql://{info.get('user', 'postgres')}@/{name}?host={quote(str(info['host']), safe='')}"
        store = DuckLakeStore(url, folder)
        store.append(city.observations())
        yield store
        store.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLakeStore]:
    """The store that the tests share; nobody writes to it later."""
    with store_of_the_city(tmp_path_factory.mktemp("lake")) as store:
        yield store


@pytest.fixture
def own_store(_own_state: None, tmp_path: Path) -> Iterator[DuckLakeStore]:
    """A store of its own for a test that writes."""
    (tmp_path / "own-lake").mkdir()
    with store_of_the_city(tmp_path / "own-lake") as store:
        use_store(store)
        kept.forget()
        yield store


def _stand_still(store: DuckLakeStore) -> None:
    set_clock(
        get_settings().data_dir,
        ReplayState(city.NOW, real_now(), speed=60, paused=True, label_zh=city.LABEL_ZH, label_en=city.LABEL_EN),
    )
    use_store(store)
    buckets.clear()
    refusals.clear()
    kept.forget()


@pytest.fixture(autouse=True)
def _own_state(filled_store: DuckLakeStore) -> Iterator[None]:
    """City time stands still; nothing is remembered from another test."""
    folder = get_settings().data_dir
    _stand_still(filled_store)
    yield
    use_store(None)
    clock_path(folder).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def evidence_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Evidence files of a test go to its own folder."""
    folder = tmp_path / "evidence"
    if "standing" not in request.fixturenames:  # which has a folder of its own
        _use(monkeypatch, LocalStore(folder, max_bytes=64 * 1024))
    return folder


@pytest.fixture(autouse=True)
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """The raw frames of a test lie in its own folder."""
    folder = tmp_path / "spool"
    if "standing" not in request.fixturenames:
        monkeypatch.setattr("qingtian.interfaces.api.present.frames.archive_of", lambda _settings: FrameArchive(folder))
    return folder


def _use(monkeypatch: pytest.MonkeyPatch, store: LocalStore) -> None:
    monkeypatch.setattr(stores, "override", store)


@pytest.fixture
def demo_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment is a demo."""
    monkeypatch.setattr(get_settings(), "mode", Mode.DEMO)


@pytest.fixture
def town(db: None) -> city.Town:
    """Register, people and judged hours."""
    return city.build()


@pytest.fixture
def login(town: city.Town) -> Login:
    """Gives a client that is signed in as somebody of the town."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(town.people[username])
        return client

    return sign_in


@pytest.fixture
def duty(login: Login) -> Client:
    """The duty officer's browser."""
    return login("duty")


@pytest.fixture(scope="module")
def standing(
    django_db_setup: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    filled_store: DuckLakeStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[standings.Standing]:
    """A town with work in progress, for modules that only look at it."""
    store = LocalStore(tmp_path_factory.mktemp("standing"), max_bytes=64 * 1024)
    with django_db_blocker.unblock(), standings.undone(), pytest.MonkeyPatch.context() as patch:
        _use(patch, store)
        _stand_still(filled_store)
        archive = tmp_path_factory.mktemp("archive")
        patch.setattr("qingtian.interfaces.api.present.frames.archive_of", lambda _settings: FrameArchive(archive))
        yield standings.build(archive)


@pytest.fixture(scope="module")
def officer(standing: standings.Standing) -> Client:
    """The browser of a duty officer who sees the whole city, in a standing town."""
    return standing.client("dispatcher")
