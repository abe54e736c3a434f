"""`qingtian spool`: look into the archive of raw frames."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.telemetry.archive import FrameArchive
    from qingtian.telemetry.spool import SpoolRecord


MOMENT = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"])
WIDTH = 30


class Bar:
    """A progress bar on stderr; silent where nobody looks.

    Args:
        label: what goes on.
        unit: how many of what is counted make one of what is shown.
        unit_name: what is shown.
        quiet: show nothing.
    """

    def __init__(self, label: str, *, unit: int = 1, unit_name: str = "segments", quiet: bool = False) -> None:
        self._label, self._unit, self._name = label, unit, unit_name
        self._quiet = quiet or not sys.stderr.isatty()
        self._shown = ""

    def show(self, done: int, total: int) -> None:
        """So much is done."""
        if self._quiet:
            return
        share = done / total if total else 1.0
        bar = "#" * int(share * WIDTH)
        text = f"\r{self._label} [{bar:<{WIDTH}}] {done // self._unit} of {total // self._unit} {self._name}"
        if text != self._shown:
            self._shown = text
            click.echo(text, nl=False, err=True)

    def end(self) -> None:
        """The line is full."""
        if self._shown:
            click.echo(err=True)


@click.group("spool")
@click.option("--shard", type=click.IntRange(0, 899), help="In a cluster: the spool of this shard, not of the gateway.")
@click.pass_context
def command(context: click.Context, shard: int | None) -> None:
    """Look into the archive of raw frames.

    In a cluster `find` and `show` look into the spools of all shards.
    """
    context.obj = shard


@command.command("verify")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def verify_command(quiet: bool) -> None:
    """Check header, checksum, hash and place in the chain of every stored frame, and every index.

    Exit code 1 when something was changed, cut out or is missing; each place is named.
    """
    from qingtian.telemetry.spool import verify

    bar = Bar("verify", unit=1 << 20, unit_name="MiB", quiet=quiet)
    report = verify(_folder(), bar.show)
    bar.end()
    for damage in report.damages:
        kind = "torn tail (never acknowledged)" if damage.torn_tail else "DAMAGED"
        click.echo(f"{kind}: segment {damage.segment} offset {damage.offset}, {damage.length} bytes")
    for one in report.breaks:
        click.echo(f"CHAIN BROKEN: segment {one.segment} offset {one.offset}: {one.why}")
    click.echo(
        f"{report.segments} segments ({report.packed} compressed, {report.trimmed} trimmed),"
        f" {report.records} frames, {report.bytes} bytes of frames"
    )
    if report.head:
        click.echo(f"{report.links} links of the hash chain hold; head {report.head}")
    if report.unchained:
        click.echo(
            f"{report.unchained} segments of an older release hold no links; their frames were checked one by one"
        )
    if report.unlinked:
        click.echo(f"{report.unlinked} frames were written and never acknowledged")
    if not report.ok:
        click.echo("the archive is damaged: restore the segments named above from a backup", err=True)
        sys.exit(1)


@command.command("find")
@click.option("--hash", "digest", help="SHA-256 of the frame.")
@click.option("--mn", help="Device number as sent.")
@click.option("--from", "first", type=MOMENT, help="First moment (Beijing).")
@click.option("--to", "last", type=MOMENT, help="Moment after the last one.  [default: one second after --from]")
@click.option("--by", type=click.Choice(["data", "arrival"]), default="data", show_default=True,
              help="Which time: DataTime as sent, or arrival.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Most frames.")
@click.option("--secrets", is_flag=True, help="Print passwords and keys in clear.")
def find_command(
    digest: str | None,
    mn: str | None,
    first: datetime | None,
    last: datetime | None,
    by: str,
    limit: int,
    secrets: bool,
) -> None:
    """Find frames by --hash, or by --mn and time; one JSON line each, oldest first."""
    from datetime import timedelta

    from qingtian.runtime.clock import SHANGHAI
    from qingtian.telemetry.spool.finding import By

    archive = _archive()
    if digest:
        records = archive.by_hash(digest)[:limit]
    elif mn and first is not None:
        since = first.replace(tzinfo=SHANGHAI)
        until = since + timedelta(seconds=1) if last is None else last.replace(tzinfo=SHANGHAI)
        records = archive.by_mn(mn, since, until, by=By(by), limit=limit)
    else:
        raise click.UsageError("say what to look for: --hash HASH, or --mn MN --from MOMENT")
    for record in records:
        click.echo(json.dumps(_told(record, secrets=secrets), ensure_ascii=False))
    if not records:
        click.echo("no frame", err=True)
        sys.exit(1)


@command.command("archive")
@click.option("--reindex", "again", is_flag=True, help="Write the index of every compressed segment anew.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def archive_command(again: bool, quiet: bool) -> None:
    """Compress and index the closed segments now (the worker does so by itself)."""
    from qingtian.telemetry.spool.packing import pack_closed, reindex

    bar = Bar("archive", quiet=quiet)
    if again:
        count = reindex(_folder(), bar.show)
        bar.end()
        click.echo(f"{count} indexes written")
        return
    done = pack_closed(_folder(), progress=bar.show)
    bar.end()
    ratio = f", {done.bytes_before / done.bytes_after:.1f} times smaller" if done.bytes_after else ""
    click.echo(f"{done.segments} segments with {done.frames} frames compressed{ratio}")
    for line in done.failed:
        click.echo(f"left as it was: {line}", err=True)
    if done.failed:
        sys.exit(1)


@command.command("trim")
@click.option("--keep-days", type=click.IntRange(1), help="Days to keep.  [default: setting spool_keep_days]")
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def trim_command(keep_days: int | None, dry_run: bool, quiet: bool) -> None:
    """Drop frames that are older than the policy, durable in the store, and no evidence.

    Ctrl-C stops between two segments. What went stands in trimmed.jsonl, so that the hash chain can still be followed.
    """
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.duties.keep_archive import trim_frames
    from qingtian.runtime.clock import current_clock
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.store import open_store

    settings = get_settings()
    days = keep_days or settings.spool_keep_days
    if click.get_current_context().obj is not None:
        raise click.UsageError("`qingtian shard` trims its spool itself, by the setting spool_keep_days")
    if not days:
        raise click.UsageError("the setting spool_keep_days is 0: everything is kept; give --keep-days")
    bar = Bar("trim", quiet=quiet)
    store = open_store(settings, read_only=True)
    now = current_clock().now()
    try:
        done = trim_frames(settings.data_dir, now, store, keep_days=days, dry=dry_run, progress=bar.show)
    finally:
        store.close()
        bar.end()
    would = "would go" if dry_run else "went"
    click.echo(
        f"{done.frames} frames {would}: {len(done.dropped)} segments as a whole, {len(done.thinned)} thinned"
        f" ({done.kept} frames stay with what evidence rests on); {done.freed >> 20} MiB freed"
    )
    if done.waiting:
        click.echo(f"{len(done.waiting)} segments are old enough and not yet in the store: they stay")


@command.command("stat")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def stat_command(as_json: bool) -> None:
    """Print what the archive holds and how much disk it takes."""
    from dataclasses import asdict

    from qingtian.telemetry.spool.stat import stat

    told = stat(_folder())
    if as_json:
        click.echo(json.dumps(asdict(told) | {"ratio": told.ratio}, default=str))
        return
    click.echo(f"{told.segments} segments, {told.packed} compressed; {told.bytes_on_disk >> 20} MiB on the disk")
    if told.ratio is not None:
        click.echo(f"compressed ones are {told.ratio:.1f} times smaller, their index included; {told.frames} frames")
    if told.first_at is not None and told.last_at is not None:
        click.echo(f"indexed frames arrived from {told.first_at.isoformat()} to {told.last_at.isoformat()}")
    if told.trimmed:
        click.echo(f"retention: {told.trimmed} segments, {told.dropped_frames} frames went, {told.kept_frames} stayed")


@command.command("show")
@click.argument("place")
@click.option("--secrets", is_flag=True, help="Print passwords and keys in clear.")
def show_command(place: str, secrets: bool) -> None:
    """Print the frame at SEGMENT:OFFSET, or every arrival of a frame by its SHA-256; passwords and keys are hidden."""
    from qingtian.domain.errors import InvalidInput

    segment, colon, offset = place.partition(":")
    if colon and offset.isdigit():
        records = [_archive().read(segment, int(offset))]
    elif len(place) == 64:
        records = _archive().by_hash(place)
    else:
        raise InvalidInput("is no place", field="PLACE", remedy="give SEGMENT:OFFSET or a SHA-256 of 64 digits")
    for record in records:
        click.echo(json.dumps(_told(record, secrets=secrets), ensure_ascii=False))


def _told(record: SpoolRecord, *, secrets: bool) -> dict[str, object]:
    from qingtian.domain.hj212.dialogues import mask_text
    from qingtian.telemetry.rejects.reasons import WORDS, read_reason
    from qingtian.telemetry.spool import Verdict

    text = record.raw.decode("utf-8", "backslashreplace")
    told: dict[str, object] = {
        "segment": record.position.segment,
        "offset": record.position.offset,
        "received_at": record.received_at.isoformat(),
        "peer": record.peer,
        "verdict": record.verdict.name.lower(),
        "reason": record.reason,
        "sha256": record.sha256,
        "frame": text if secrets else mask_text(text),
    }
    if record.verdict is not Verdict.ACCEPTED:
        said = WORDS[read_reason(record.verdict, record.reason)[0]]
        told |= {"reason_zh": said.zh, "reason_en": said.en, "remedy_zh": said.remedy_zh, "remedy_en": said.remedy_en}
    return told


def _folder() -> Path:
    from qingtian.domain.errors import InvalidInput

    shard: int | None = click.get_current_context().obj
    archive = _archive()
    if shard is None:
        return archive.own
    if shard >= len(archive.shards):
        remedy = f"0 to {len(archive.shards) - 1}" if archive.shards else "this deployment is no cluster"
        raise InvalidInput(f"there is no shard {shard}", field="shard", remedy=remedy)
    return archive.shards[shard]


def _archive() -> FrameArchive:
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.archive import archive_of

    return archive_of(get_settings())
