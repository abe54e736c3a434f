"""`qingtian spool`: look into the archive of raw frames."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.telemetry.spool import SpoolRecord


@click.group("spool")
def command() -> None:
    """Look into the archive of raw frames."""


@command.command("verify")
def verify_command() -> None:
    """Check header, checksum and hash of every stored frame."""
    from qingtian.telemetry.spool import verify

    report = verify(_folder())
    for damage in report.damages:
        kind = "torn tail (never acknowledged)" if damage.torn_tail else "DAMAGED"
        click.echo(f"{kind}: segment {damage.segment} offset {damage.offset}, {damage.length} bytes")
    click.echo(f"{report.segments} segments, {report.records} frames, {report.bytes} bytes of frames")
    if not report.ok:
        click.echo("the archive is damaged: restore the segments named above from a backup", err=True)
        sys.exit(1)


@command.command("show")
@click.argument("place")
@click.option("--secrets", is_flag=True, help="Print passwords and keys in clear.")
def show_command(place: str, secrets: bool) -> None:
    """Print the frame at SEGMENT:OFFSET, or every arrival of a frame by its SHA-256; passwords and keys are hidden."""
    from qingtian.domain.errors import InvalidInput
    from qingtian.telemetry.spool import find_by_hash, read_frame

    segment, colon, offset = place.partition(":")
    if colon and offset.isdigit():
        records = [read_frame(_folder(), segment, int(offset))]
    elif len(place) == 64:
        records = find_by_hash(_folder(), place)
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
    from qingtian.runtime.settings import get_settings
    from qingtian.telemetry.spool import spool_path

    return spool_path(get_settings().data_dir)
