"""Reading the journal of rejected frames, and settling what was taken in after all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.rejects.reasons import WORDS, Group, RejectReason, known_reason, stored_codes
from qingtian.telemetry.store.port import SpoolPosition
from qingtian.telemetry.store.side import SideTables

MOST_PEERS = 5  # addresses that a newcomer's line names
CHUNK = 1000
DROP_AT_ONCE = 20_000  # lines per transaction: writers wait for no long one
_COLUMNS = "mn, reason, detail, received_at, frame_hash, segment, frame_offset, peer, settled_at"


@dataclass(frozen=True, slots=True)
class Reject:
    """One frame that gave no observations.

    Args:
        mn: device as sent.
        reason: why.
        detail: what was found.
        received_at: arrival, aware.
        frame_hash: SHA-256 of the raw frame.
        place: where the spool keeps it.
        peer: address and port it came from; empty in old archives.
        settled_at: when its values were taken in after all, or it was listed anew for another reason; None before.
    """

    mn: str
    reason: RejectReason
    detail: str
    received_at: datetime
    frame_hash: str
    place: SpoolPosition
    peer: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which frames of the journal.

    Args:
        reasons: one of these; empty = any.
        group: of this kind of trouble.
        mn: of exactly this device.
        since: arrived at or after.
        until: arrived before.
        settled: taken in after all (True), still out (False), both (None).
        peer: from this address.
        text: part of MN, address, detail or hash.
    """

    reasons: Sequence[RejectReason] = ()
    group: Group | None = None
    mn: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    settled: bool | None = None
    peer: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Frames of one MN or one reason: how many, and when."""

    key: str
    frames: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class NewcomerLine:
    """What the journal says of one MN that is not registered."""

    mn: str
    frames: int
    first_at: datetime
    last_at: datetime
    peers: Sequence[str] = field(default_factory=list)
    addresses: int = 0


class RejectJournal:
    """Questions to the journal.

    Args:
        side: connection to the small tables beside the lake.
    """

    def __init__(self, side: SideTables) -> None:
        self._side = side

    def count(self, wanted: Wanted) -> int:
        """How many frames match."""
        where, values = _where(wanted)
        return int(self._rows(f"SELECT count(*) FROM telemetry.quarantine WHERE {where}", values)[0][0])  # noqa: S608

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0, oldest_first: bool = False) -> list[Reject]:
        """Frames that match, the newest first."""
        where, values = _where(wanted)
        way = "ASC" if oldest_first else "DESC"
        sql = (
            f"SELECT {_COLUMNS} FROM telemetry.quarantine WHERE {where} "  # noqa: S608  fixed names
            f"ORDER BY received_at {way}, segment {way}, frame_offset {way} LIMIT %s OFFSET %s"
        )
        return [_reject(row) for row in self._rows(sql, [*values, limit, offset])]

    def each(self, wanted: Wanted, *, most: int) -> Iterator[Reject]:
        """Frames that match, oldest first, in chunks: the journal may be longer than the memory."""
        after: tuple[Any, ...] | None = None
        left = most
        where, values = _where(wanted)
        while left > 0:
            further = "" if after is None else " AND (received_at, segment, frame_offset, reason) > (%s, %s, %s, %s)"
            sql = (
                f"SELECT {_COLUMNS} FROM telemetry.quarantine WHERE {where}{further} "  # noqa: S608  fixed names
                "ORDER BY received_at, segment, frame_offset, reason LIMIT %s"
            )
            rows = self._rows(sql, [*values, *(after or ()), min(CHUNK, left)])
            yield from map(_reject, rows)
            if len(rows) < min(CHUNK, left):
                return
            last = rows[-1]
            after, left = (last[3], last[5], last[6], last[1]), left - len(rows)

    def of_frame(self, frame_hash: str) -> list[Reject]:
        """Every time that one frame was rejected, oldest first."""
        sql = (
            f"SELECT {_COLUMNS} FROM telemetry.quarantine WHERE frame_hash = %s "  # noqa: S608  fixed names
            "ORDER BY received_at, segment, frame_offset, reason"
        )
        return [_reject(row) for row in self._rows(sql, [frame_hash.lower()])]

    def by_reason(self, wanted: Wanted) -> list[Tally]:
        """Frames per reason, most first."""
        counted: dict[str, Tally] = {}
        for row in self._tally("reason", wanted, limit=len(WORDS) * 2):
            code = (known_reason(row.key) or RejectReason.CANNOT_BE_READ).value  # old codes join the present ones
            held = counted.get(code)
            counted[code] = (
                Tally(code, row.frames, row.first_at, row.last_at)
                if held is None
                else Tally(
                    code,
                    held.frames + row.frames,
                    min(held.first_at, row.first_at),
                    max(held.last_at, row.last_at),
                )
            )
        return sorted(counted.values(), key=lambda tally: (-tally.frames, tally.key))

    def by_mn(self, wanted: Wanted, *, limit: int) -> list[Tally]:
        """Frames per device, most first."""
        return self._tally("mn", wanted, limit=limit)

    def newcomers(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[NewcomerLine]:
        """Frames per unregistered MN, the one heard last first."""
        where, values = _where(wanted)
        sql = (
            "SELECT mn, count(*), min(received_at), max(received_at), "  # noqa: S608  fixed names
            "array_agg(DISTINCT split_part(peer, ':', 1)) "
            f"FROM telemetry.quarantine WHERE {where} GROUP BY mn ORDER BY max(received_at) DESC, mn LIMIT %s OFFSET %s"
        )
        return [
            NewcomerLine(mn, frames, _city(first), _city(last), sorted(filter(None, peers))[:MOST_PEERS], len(peers))
            for mn, frames, first, last, peers in self._rows(sql, [*values, limit, offset])
        ]

    def count_newcomers(self, wanted: Wanted) -> int:
        """How many MN the frames that match come from."""
        where, values = _where(wanted)
        return int(
            self._rows(f"SELECT count(DISTINCT mn) FROM telemetry.quarantine WHERE {where}", values)[0][0]  # noqa: S608
        )

    def settle(self, rejects: Sequence[Reject], at: datetime) -> int:
        """Close lines: their values are in the series now, or another line says why not. Returns how many were open."""
        if not rejects:
            return 0
        lines = [(one.place.segment, one.place.offset, code) for one in rejects for code in stored_codes(one.reason)]
        with self._side.connection() as connection:
            done = connection.execute(
                "UPDATE telemetry.quarantine AS held SET settled_at = %s "
                "FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS taken(segment, frame_offset, reason) "
                "WHERE held.segment = taken.segment AND held.frame_offset = taken.frame_offset "
                "AND held.reason = taken.reason AND held.settled_at IS NULL",
                [at, *(list(column) for column in zip(*lines, strict=True))],
            )
            return done.rowcount

    def drop_before(self, before: datetime) -> int:
        """Retention: forget frames that arrived before a moment; returns how many lines went. Bytes are the spool's."""
        total = 0
        while True:
            with self._side.connection() as connection:
                done = connection.execute(
                    "DELETE FROM telemetry.quarantine WHERE ctid = ANY(ARRAY(SELECT ctid FROM telemetry.quarantine "
                    "WHERE received_at < %s LIMIT %s))",
                    [before, DROP_AT_ONCE],
                )
            total += done.rowcount
            if done.rowcount < DROP_AT_ONCE:
                return total

    def _tally(self, column: str, wanted: Wanted, *, limit: int) -> list[Tally]:
        where, values = _where(wanted)
        sql = (
            f"SELECT {column}, count(*), min(received_at), max(received_at) FROM telemetry.quarantine "  # noqa: S608
            f"WHERE {where} GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT %s"
        )
        rows = self._rows(sql, [*values, limit])
        return [Tally(key, frames, _city(first), _city(last)) for key, frames, first, last in rows]

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._side.connection() as connection:
            return connection.execute(sql, values).fetchall()  # fixed names, bound values


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    parts: list[str] = ["true"]
    values: list[Any] = []
    reasons = [one for one in wanted.reasons or WORDS if wanted.group is None or WORDS[one].group is wanted.group]
    if wanted.reasons or wanted.group is not None:
        parts.append("reason = ANY(%s)")
        values.append(sorted({code for one in reasons for code in stored_codes(one)}))
    conditions = {
        "mn = %s": wanted.mn,
        "received_at >= %s": wanted.since,
        "received_at < %s": wanted.until,
        "split_part(peer, ':', 1) = %s": wanted.peer,
    }
    for condition, value in conditions.items():
        if value is not None:
            parts.append(condition)
            values.append(value)
    if wanted.settled is not None:
        parts.append(f"settled_at IS {'NOT ' if wanted.settled else ''}NULL")
    if wanted.text:
        like = "%" + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        parts.append("(mn ILIKE %s OR peer ILIKE %s OR detail ILIKE %s OR frame_hash ILIKE %s)")
        values += [like] * 4
    return " AND ".join(parts), values


def _reject(row: Sequence[Any]) -> Reject:
    mn, reason, detail, at, frame_hash, segment, offset, peer, settled = row
    known = known_reason(reason) or RejectReason.CANNOT_BE_READ
    place = SpoolPosition(segment, offset)
    return Reject(mn, known, detail, _city(at), frame_hash, place, peer, None if settled is None else _city(settled))


def _city(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)
