"""Evidence in a real S3-compatible store (OpenStack Swift with its s3api, started here)."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator

import pytest
from tests.apps.cases.walking import HANDLER, opened
from tests.apps.city import NOW, actor
from tests.apps.evidence import swift
from tests.apps.evidence.test_evidence import PDF, attach

from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence import content_store as stores
from qingtian.apps.evidence.actions.move_evidence import move_evidence
from qingtian.apps.evidence.custody import log_of
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import open_content, verify_evidence
from qingtian.apps.evidence.storage.local import LocalStore
from qingtian.apps.evidence.storage.s3 import S3Place, S3Store
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import ConfigurationError, Conflict, InvalidInput, NotPermitted, Unavailable
from qingtian.runtime.settings import load_settings
from qingtian.verifier import check_bytes

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running store with an empty bucket."""
    assert swift.installed(), "apt install swift-proxy swift-account swift-container swift-object (tools/services.sh)"
    with swift.running(tmp_path_factory.mktemp("swift")) as address:
        s3_of(address)._client.create_bucket(Bucket=swift.BUCKET)
        yield address


def s3_of(address: str, prefix: str = "", **more: object) -> S3Store:
    given = {"endpoint": address, "bucket": swift.BUCKET, "access_key": swift.ACCESS, "secret_key": swift.SECRET}
    return S3Store(S3Place(**(given | {"prefix": prefix} | more)), max_bytes=32 * MIB)  # type: ignore[arg-type]


@pytest.fixture
def store(server: str, request: pytest.FixtureRequest) -> S3Store:
    """A place of its own in the bucket."""
    return s3_of(server, prefix=f"{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}/")


@pytest.mark.parametrize("size", [1, 8 * MIB - 1, 20 * MIB])
def test_what_goes_in_comes_out_under_its_hash(store: S3Store, size: int) -> None:
    content = b"\x00\xffevidence" * (size // 10) + b"x" * (size % 10)
    stored = store.put(io.BytesIO(content))
    assert (stored.sha256, stored.size) == (hashlib.sha256(content).hexdigest(), size)
    assert stored.sm3 == hashlib.new("sm3", content).hexdigest()
    with store.open(stored.sha256) as file:
        assert file.read() == content
    assert store.digest(stored.sha256) == stored.sha256
    assert list(store.list()) == [(stored.sha256, size)]


def test_the_same_bytes_are_one_object_and_what_is_not_there_is_missing(store: S3Store) -> None:
    first, second = store.put(io.BytesIO(b"one")), store.put(io.BytesIO(b"one"))
    assert first == second and len(list(store.list())) == 1
    assert store.digest("0" * 64) is None
    with pytest.raises(FileNotFoundError):
        store.open("0" * 64)


def test_the_limits_of_size_hold_here_too(store: S3Store) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        store.put(io.BytesIO(b""))
    with pytest.raises(InvalidInput, match="larger than"):
        store.put(io.BytesIO(b"x" * (32 * MIB + 1)))
    assert list(store.list()) == []


def test_a_damaged_object_is_found_and_healed_by_the_original(store: S3Store) -> None:
    stored = store.put(io.BytesIO(b"original"))
    store._client.put_object(Bucket=swift.BUCKET, Key=store._key(stored.sha256), Body=b"0riginal")
    assert store.digest(stored.sha256) == hashlib.sha256(b"0riginal").hexdigest()
    store.put(io.BytesIO(b"original"))
    assert store.digest(stored.sha256) == stored.sha256


@pytest.mark.parametrize("wrong", [{"secret_key": "another"}, {"access_key": "qingtian:nobody"}, {"bucket": "nowhere"}])
def test_a_refusing_store_is_told_with_its_remedy(server: str, wrong: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match="does not take or give evidence") as error:
        s3_of(server, **wrong).put(io.BytesIO(b"x"))
    assert (error.value.field, error.value.remedy) == (
        "evidence_store",
        "check address, bucket and keys of the store",
    )


def test_a_store_that_is_not_there_is_told(server: str) -> None:
    [port] = swift.free_ports(1)
    with pytest.raises(Unavailable):
        s3_of(f"http://127.0.0.1:{port}").open("0" * 64)


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="evidence_store = s3 needs it") as error:
        load_settings(evidence_store="s3", evidence_s3_endpoint="http://x")
    assert error.value.field == "evidence_s3_bucket"


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigurationError, match="extra s3") as error:
        s3_of("http://127.0.0.1:1")
    assert "pip install 'qingtian[s3]'" in (error.value.remedy or "")


@pytest.mark.django_db
def test_a_case_keeps_its_evidence_there(
    stack: RegistryObject, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "override", store)
    case = opened(stack)
    item = attach(case)
    with open_content(HANDLER, NOW, of_case(case.pk), item.pk)[1] as file:
        assert file.read() == PDF
    assert verify_evidence(HANDLER, of_case(case.pk)).intact
    target = io.BytesIO()
    write_package(HANDLER, NOW, of_case(case.pk), target)
    assert check_bytes(target.getvalue()).problems == []
    store._client.put_object(Bucket=swift.BUCKET, Key=store._key(item.sha256), Body=PDF + b"!")
    assert verify_evidence(HANDLER, of_case(case.pk)).first_break == 0


@pytest.mark.django_db
def test_evidence_moves_to_another_store_and_the_custody_log_says_so(
    stack: RegistryObject, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = stores.override
    assert isinstance(local, LocalStore)
    case = opened(stack)
    first, second = attach(case), attach(case, PDF + b"2")
    with pytest.raises(NotPermitted):
        move_evidence(HANDLER, NOW, local, store)
    steward = actor(Role.DATA_STEWARD, region="420100")
    seen: list[tuple[int, int]] = []
    moved = move_evidence(steward, NOW, local, store, progress=lambda done, of: seen.append((done, of)))
    assert (moved.files, moved.copied, seen[-1]) == (2, 2, (2, 2))
    assert {sha for sha, _ in store.list()} == {first.sha256, second.sha256}
    assert [(one.act, one.detail["files"]) for one in log_of(of_case(case.pk))] == [("moved", 2)]
    again = move_evidence(steward, NOW, local, store)
    assert (again.files, again.copied) == (2, 0)
    monkeypatch.setattr(stores, "override", store)
    assert verify_evidence(HANDLER, of_case(case.pk)).intact


@pytest.mark.django_db
def test_nothing_is_moved_that_is_not_as_it_was(stack: RegistryObject, store: S3Store) -> None:
    local = stores.override
    assert isinstance(local, LocalStore)
    case = opened(stack)
    item = attach(case)
    path = local.path_of(item.sha256)
    path.chmod(0o600)
    path.write_bytes(b"forged")
    with pytest.raises(Conflict, match=item.sha256[:12]):
        move_evidence(actor(Role.DATA_STEWARD, region="420100"), NOW, local, store)
    assert list(store.list()) == [] and not log_of(of_case(case.pk)).exists()
