"""`qingtian replay`: the fleet's byte stream to a file or an address."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click


@click.command("replay")
@click.option("--scenario", type=click.Choice(["haze", "ozone"]), default="haze", show_default=True)
@click.option(
    "--from", "start", type=click.DateTime(), help="City time (Beijing) of the first hour.  [default: window]"
)
@click.option("--to", "end", type=click.DateTime(), help="City time at which it ends.  [default: one day later]")
@click.option("--seed", type=int, default=212, show_default=True, help="Same seed, same bytes.")
@click.option("--shift-weeks", type=int, default=365, show_default=True, help="Whole weeks by which 2018 is moved.")
@click.option("--enterprises", type=click.IntRange(8, 64), help="A reduced fleet of so many enterprises.")
@click.option(
    "--speed", type=click.FloatRange(1, 3600), default=60, show_default=True, help="Sets how frames thin out."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the frames to this file.")
@click.option(
    "--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write planted events here (JSON lines)."
)
@click.option("--send", metavar="HOST:PORT", help="Send the frames to an HJ 212 host, at the speed given.")
def command(
    scenario: str,
    start: datetime | None,
    end: datetime | None,
    seed: int,
    shift_weeks: int,
    enterprises: int | None,
    speed: float,
    out: Path | None,
    truth: Path | None,
    send: str | None,
) -> None:
    """Write the simulated fleet's HJ 212 frames to a file, or send them to an address."""
    from qingtian.demo.replaying import ReplayOrder, replay_to_address, replay_to_file
    from qingtian.demo.scenario import LABEL_EN, Scenario

    order = ReplayOrder.of(
        Scenario(scenario), start, end, seed=seed, shift_weeks=shift_weeks, keep=enterprises, speed=speed
    )
    if out is None and send is None:
        raise click.UsageError("say where the frames go: --out FILE or --send HOST:PORT")
    if out is not None:
        done = replay_to_file(order, out)
        click.echo(f"{done.frames} frames, {done.bytes} bytes, sha256 {done.sha256} -> {out}  ({LABEL_EN})")
    if truth is not None:
        click.echo(f"{order.write_truth(truth)} planted events -> {truth}")
    if send is not None:
        click.echo(f"{replay_to_address(order, send)} frames sent to {send}")
