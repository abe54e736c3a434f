"""Places for a daily root: a file of this house, a folder elsewhere, a web address, a time-stamping authority."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qingtian.apps.evidence.anchoring.rfc3161 import request_of, stamp_of
from qingtian.apps.evidence.models import DailyRoot
from qingtian.apps.evidence.roots import root_link
from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.settings import Settings

TIMEOUT_S = 20
LONGEST_ANSWER = 64 * 1024  # bytes
FILE_NAME = "daily-roots.jsonl"


class Target(Protocol):
    """A place for daily roots."""

    @property
    def name(self) -> str:
        """file, folder, url or tsa."""
        ...

    @property
    def place(self) -> str:
        """Where it is."""
        ...

    def keep(self, root: DailyRoot) -> Mapping[str, Any]:
        """Keep a root; the same again changes nothing. Returns the receipt.

        Raises:
            Unavailable: the place does not answer; tried again at the next run.
            Conflict: the place holds another root of that number.
        """
        ...


def targets_of(settings: Settings) -> list[Target]:
    """Every place that the settings name; the file is always one."""
    found: list[Target] = [FileTarget(settings.data_dir / "anchors" / FILE_NAME)]
    if settings.anchor_folder is not None:
        found.append(FolderTarget(settings.anchor_folder))
    if settings.anchor_url:
        found.append(UrlTarget(settings.anchor_url))
    if settings.anchor_tsa_url:
        found.append(StampTarget(settings.anchor_tsa_url))
    return found


def line_of(root: DailyRoot) -> str:
    """A root as one line of JSON, the same at every place; `qingtian-verify --roots` reads it."""
    return json.dumps(root_link(root), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class FileTarget:
    """One file that only grows, one line a root."""

    path: Path
    name: str = "file"

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def keep(self, root: DailyRoot) -> Mapping[str, Any]:
        """Append the line, synced."""
        line = line_of(root)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = self._held(root.number)
            if held is None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            elif held != line:
                raise _another(root, self.place)
        except OSError as error:
            raise _silent("file", self.place, error) from error
        return {"line_sha256": hashlib.sha256(line.encode()).hexdigest()}

    def _held(self, number: int) -> str | None:
        if not self.path.exists():
            return None
        lines = self.path.read_text("utf-8").splitlines()
        return next((one for one in lines if json.loads(one)["record"]["number"] == number), None)


@dataclass(frozen=True, slots=True)
class FolderTarget:
    """One file a root in a folder on another machine or a write-once medium; never written twice."""

    folder: Path
    name: str = "folder"

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def keep(self, root: DailyRoot) -> Mapping[str, Any]:
        """Create the file of the root; one that is there must say the same."""
        line = line_of(root) + "\n"
        path = self.folder / f"root-{root.number:06d}-{root.day.isoformat()}.json"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        except FileExistsError:
            if path.read_text("utf-8") != line:
                raise _another(root, str(path)) from None
        except OSError as error:
            raise _silent("folder", self.place, error) from error
        else:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        return {"file": path.name}


@dataclass(frozen=True, slots=True)
class UrlTarget:
    """An address that takes the line by POST and answers with 2xx; its answer is the receipt."""

    url: str
    name: str = "url"

    @property
    def place(self) -> str:
        """The address."""
        return self.url

    def keep(self, root: DailyRoot) -> Mapping[str, Any]:
        """Post the line."""
        answer = _post(self.url, line_of(root).encode(), "application/json", self.name)
        return {"answer": answer.decode("utf-8", errors="replace")[:4000].replace("\x00", "")}


@dataclass(frozen=True, slots=True)
class StampTarget:
    """A time-stamping authority of RFC 3161 that stamps the hash of the root."""

    url: str
    name: str = "tsa"

    @property
    def place(self) -> str:
        """The address."""
        return self.url

    def keep(self, root: DailyRoot) -> Mapping[str, Any]:
        """Ask for a stamp of the hash of the root in its chain."""
        digest = bytes.fromhex(root.hash)
        nonce = int.from_bytes(os.urandom(8), "big")
        answer = _post(self.url, request_of(digest, nonce), "application/timestamp-query", self.name)
        stamp = stamp_of(answer, digest, nonce)
        return {"digest": root.hash, "token_base64": base64.b64encode(stamp.token).decode("ascii")}


def _post(url: str, body: bytes, media_type: str, target: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise Unavailable(f"{url} is no web address", field=f"anchor_{target}", remedy="give http:// or https://")
    request = urllib.request.Request(url, body, {"Content-Type": media_type}, method="POST")  # noqa: S310  checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  checked above
            return bytes(answer.read(LONGEST_ANSWER))
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise _silent(target, url, error) from error


def _silent(target: str, place: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"{place} did not keep the daily root: {error}",
        field=f"anchor_{target}",
        remedy="it is tried again at the next run; check the place",
    )


def _another(root: DailyRoot, place: str) -> Conflict:
    return Conflict(
        f"{place} holds another daily root {root.number}",
        field="root",
        remedy="one of the two was rewritten: compare both with the journal before anything else",
    )
