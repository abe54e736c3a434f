"""Evidence in an S3-compatible store: one object a file, named by its hash (extra `s3`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from qingtian.apps.evidence.storage.port import CHUNK, Stored, copied, digest_in, passing
from qingtian.domain.errors import ConfigurationError, Unavailable

MISSING = ("404", "NoSuchKey", "NotFound")
HASH_LENGTH = 64


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where the objects lie.

    Args:
        endpoint: https://host:port of the store.
        prefix: put before every name, such as `qingtian/`.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    prefix: str = ""
    region: str = "us-east-1"


class S3Store:
    """Objects of one bucket, each named by the hash of its bytes.

    Args:
        max_bytes: largest file that is accepted.
    """

    def __init__(self, where: S3Place, *, max_bytes: int) -> None:
        self.where = where
        self.max_bytes = max_bytes
        self._client = _client(where)

    @property
    def place(self) -> str:
        """The bucket with its prefix."""
        return f"s3://{self.where.bucket}/{self.where.prefix}"

    def put(self, content: BinaryIO) -> Stored:
        """Store a file; the store has answered for it, and its size was asked back, when this returns.

        Raises:
            InvalidInput: the file is empty or too large.
            Unavailable: the store refuses.
        """
        with passing() as file:
            stored = copied(content, file, self.max_bytes)
            file.seek(0)
            with _said(self.place):
                self._client.upload_fileobj(file, self.where.bucket, self._key(stored.sha256))
        if (kept := self._size(stored.sha256)) != stored.size:
            raise Unavailable(
                f"{self.place} kept {kept} of {stored.size} bytes", field="evidence_store", remedy="look at the store"
            )
        return stored

    def open(self, sha256: str) -> BinaryIO:
        """The bytes of an object, fetched."""
        file = passing()
        try:
            with _said(self.place, missing=sha256):
                answer = self._client.get_object(Bucket=self.where.bucket, Key=self._key(sha256))
                for chunk in answer["Body"].iter_chunks(CHUNK):
                    file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def digest(self, sha256: str) -> str | None:
        """SHA-256 of the bytes that are stored under a hash now; None when there is no such object."""
        return digest_in(self, sha256)

    def list(self) -> Iterator[tuple[str, int]]:
        """Every object with its size."""
        pages = self._client.get_paginator("list_objects_v2")
        with _said(self.place):
            for page in pages.paginate(Bucket=self.where.bucket, Prefix=self.where.prefix):
                for one in page.get("Contents", ()):
                    name = one["Key"].rsplit("/", 1)[-1]
                    if len(name) == HASH_LENGTH:
                        yield name, int(one["Size"])

    def _key(self, sha256: str) -> str:
        return f"{self.where.prefix}{sha256[:2]}/{sha256}"

    def _size(self, sha256: str) -> int | None:
        try:
            with _said(self.place, missing=sha256):
                answer = self._client.head_object(Bucket=self.where.bucket, Key=self._key(sha256))
        except FileNotFoundError:
            return None
        return int(answer["ContentLength"])


class _said:  # noqa: N801  reads as a clause: with _said(place): ...
    """Errors of the client as ours: what is missing, or a store that does not answer."""

    def __init__(self, place: str, *, missing: str = "") -> None:
        self.place, self.missing = place, missing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", ""))
            if self.missing and code in MISSING:
                raise FileNotFoundError(self.missing) from error
        if isinstance(error, (ClientError, BotoCoreError, Boto3Error)):
            raise Unavailable(
                f"{self.place} does not take or give evidence: {error}",
                field="evidence_store",
                remedy="check address, bucket and keys of the store",
            ) from error


def _client(where: S3Place) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ConfigurationError(
            "evidence in an S3-compatible store needs the extra s3",
            field="evidence_store",
            remedy="pip install 'qingtian[s3]', or set evidence_store = \"local\"",
        ) from error
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},  # many stores know no host name per bucket
        # Trailing checksums are younger than many stores; the signature covers the bytes (sha256) anyway.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"max_attempts": 3, "mode": "standard"},
        connect_timeout=10,
        read_timeout=60,
    )
    return boto3.client(
        "s3",
        endpoint_url=where.endpoint,
        aws_access_key_id=where.access_key,
        aws_secret_access_key=where.secret_key,
        region_name=where.region,
        config=config,
    )
