"""Which rows of a batch are new, which repeat, which correct: pure, so that every engine decides alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from qingtian.telemetry.store.port import AppendResult, Observation
from qingtian.telemetry.store.rows import Content, Key, Series, content_of, key_of, series_of, time_of

Marks = Mapping[Series, datetime]  # newest period_start per series


@dataclass(slots=True)
class Known:
    """What the store holds under one key.

    Args:
        content: content of the last version that was not withdrawn; None when every one was.
        version: number of the last version.
        hashes: frames that any version came from.
    """

    content: Content | None
    version: int
    hashes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Decision:
    """The rows to write, numbered, and the count of each kind."""

    rows: list[Observation]
    result: AppendResult


def known_from_rows(rows: Iterable[Sequence[Any]]) -> dict[Key, Known]:
    """What a store holds, from rows of key, content, version, frame hash and withdrawn, oldest version first.

    A withdrawn version counts on, but neither its content nor its frame make a later row a duplicate.
    """
    known: dict[Key, Known] = {}
    for site, code, cycle, origin, start_us, *content, version, frame_hash, withdrawn in rows:
        key = (site, code, cycle, origin, time_of(start_us))
        held = known.get(key)
        hashes = held.hashes if held is not None else set()
        if withdrawn:
            known[key] = Known(held.content if held is not None else None, version, hashes)
        else:
            known[key] = Known(tuple(content), version, hashes | ({frame_hash} if frame_hash else set()))
    return known


def keys_to_look_up(batch: Sequence[Observation], marks: Marks, shared: Collection[str] = frozenset()) -> list[Key]:
    """Keys that the store may hold: those not beyond the newest period of their series.

    Args:
        shared: sites that others write, too: of these nothing is certain.
    """
    return list({key_of(row): None for row in batch if row.site in shared or _may_be_known(row, marks)})


def _may_be_known(row: Observation, marks: Marks) -> bool:
    mark = marks.get(series_of(row))
    return mark is not None and row.period_start <= mark


def decide(batch: Sequence[Observation], known: Mapping[Key, Known]) -> Decision:
    """Number the rows of a batch against what is known.

    Same content as the last version, or a frame that was counted before = duplicate; other content = next version.
    """
    now_known = dict(known)
    rows: list[Observation] = []
    new = duplicate = corrected = 0
    for row in batch:
        key, content = key_of(row), content_of(row)
        held = now_known.get(key)
        if held is None or held.content is None:
            new += 1
        elif content == held.content or (row.frame_hash and row.frame_hash in held.hashes):
            duplicate += 1
            continue
        else:
            corrected += 1
        version = 1 if held is None else held.version + 1
        hashes = (held.hashes if held is not None else set()) | ({row.frame_hash} if row.frame_hash else set())
        now_known[key] = Known(content, version, hashes)
        rows.append(row if row.version == version else replace(row, version=version))
    return Decision(rows, AppendResult(new, duplicate, corrected))
