"""`qingtian simulate`: HJ 212 devices, one or 20,000."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qingtian.simulator.settings import DeviceSettings

PROFILE_HELP = (
    "air_station, flue_gas, waste_water, noise, voc, power, surface_water, or a TOML file; given several times they "
    "take turns."
)


@click.command("simulate")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the HJ 212 host.")
@click.option("--port", type=click.IntRange(1, 65535), default=9212, show_default=True, help="Its port.")
@click.option("--tls", is_flag=True, help="Speak TLS.")
@click.option("--ca", type=click.Path(dir_okay=False), help="PEM file of the authority that signed the host.")
@click.option("--mn", "mns", multiple=True, help="Number of a device; may be given several times.")
@click.option("--devices", type=click.IntRange(1, 200_000), default=1, show_default=True, help="How many devices.")
@click.option("--first", type=click.IntRange(1), default=1, show_default=True, help="Number of the first device.")
@click.option("--edition", type=click.Choice(["2005", "2017", "2025"]), default="2017", show_default=True)
@click.option("--profile", "profiles", multiple=True, default=["flue_gas"], show_default=True, help=PROFILE_HELP)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same values and trouble.")
@click.option("--password", help="PW of the devices.  [default: 123456]")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Simulated seconds per second, to 3600.")
@click.option("--start", type=click.DateTime(), help="Beijing time at which it starts.  [default: now]")
@click.option("--duration", help="Stop after 45s, 10m, 2h; without it, at Ctrl-C.")
@click.option("--realtime", default="", help="Time between real-time values, as 30s; 0 sends none.")
@click.option("--minutes", type=int, default=0, help="Minutes of a 2051 record.  [default: the profile's]")
@click.option("--history", default="30d", show_default=True, help="How far back the devices remember.")
@click.option("--backfill", default="", help="So much of it is sent on connecting, as 24h.")
@click.option("--trouble", "troubles", multiple=True, metavar="NAME=NUMBER", help="See docs/simulator.md; repeatable.")
@click.option("--ack/--no-ack", default=True, show_default=True, help="Whether uploads ask for an answer.")
@click.option("--encrypt", is_flag=True, help="SM4 (2025); --register holds the keys.")
@click.option("--sm4-form", type=click.Choice(["raw", "text"]), default="raw", show_default=True)
@click.option("--split", type=click.Choice(["whole", "cut"]), default="whole", show_default=True)
@click.option("--split-bytes", type=click.IntRange(64, 9000), default=950, show_default=True)
@click.option("--heartbeat", default="", help="Send 9015 every so often, as 60s.")
@click.option("--clock-check", default="", help="Ask for the time (1013) every so often, as 24h.")
@click.option("--rekey", default="", help="Ask for a new SM4 key (1014) every so often (2025).")
@click.option("--log-every", default="", help="Send an entry of the instrument log (3020) every so often.")
@click.option("--login", is_flag=True, help="Send 9021 on connecting (vendors).")
@click.option("--activate", is_flag=True, help="Begin with 1001 and wait for the number by 1002 (2025).")
@click.option("--announce/--no-announce", default=True, show_default=True, help="Say by 3020 that it is simulated.")
@click.option("--source", "sources", multiple=True, help="Local address to call from; repeatable.")
@click.option("--ramp", type=float, default=2000.0, show_default=True, help="New connections per second; 0: no limit.")
@click.option("--forward", type=click.IntRange(1), default=1, show_default=True, help="Devices that share a line.")
@click.option(
    "--print", "printed", type=click.Choice(["jsonl", "raw"]), is_flag=False, flag_value="jsonl",
    help="No network: write the frames of --duration (10m) for `qingtian hj212 decode`.",
)  # fmt: skip
@click.option(
    "--register", type=click.Path(dir_okay=False, path_type=Path), help="Only write what to register; .json, .csv."
)
@click.option("--report", type=click.Choice(["json", "line"]), default="line", show_default=True)
@click.option("--quiet", is_flag=True, help="No progress line.")
def command(**given: Any) -> None:
    """Simulate HJ 212 devices: everything that the device side of the protocol says, with trouble on order.

    \b
    qingtian simulate --register sim.json && qingtian register sim.json   # once: tell the platform of the device
    qingtian simulate --backfill 24h                                      # values appear within a minute
    qingtian simulate --devices 500 --trouble loss=0.01 --trouble wrong_crc=0.01 --duration 60s --report json
    qingtian simulate --print --duration 1h | qingtian hj212 decode

    Everything sent is simulated: numbers begin with FF2120 (a range that no real device has), serial numbers with SIM,
    logs say so.
    """
    settings = _settings(given)
    if given["register"] is not None:
        _write_register(given["register"], settings)
        return
    if given["printed"]:
        _print(given, settings)
        return
    _run(given, settings)


def _settings(given: dict[str, Any]) -> list[DeviceSettings]:
    from qingtian.domain.hj212 import Edition
    from qingtian.domain.hj212.wire import Sm4Form
    from qingtian.simulator.identity import PASSWORD, fleet_of, is_simulated_mn, simulated_device
    from qingtian.simulator.orders import read_duration
    from qingtian.simulator.profile import load_profile
    from qingtian.simulator.settings import Split
    from qingtian.simulator.trouble import read_options, read_trouble

    profiles = tuple(load_profile(name) for name in given["profiles"])
    brought = {name: value for profile in profiles for name, value in profile.trouble.items()}
    seconds = {
        name: read_duration(given[option], option) if given[option] else 0.0
        for name, option in (
            ("history_s", "history"),
            ("backfill_s", "backfill"),
            ("heartbeat_s", "heartbeat"),
            ("clock_check_s", "clock_check"),
            ("rekey_s", "rekey"),
            ("log_s", "log_every"),
        )
    }
    every = read_duration(given["realtime"], "realtime") if given["realtime"] else None
    mns = given["mns"]
    changes: dict[str, Any] = {
        "edition": Edition(given["edition"]),
        "seed": given["seed"],
        "password": PASSWORD if given["password"] is None else given["password"],
        "encrypted": given["encrypt"],
        "sm4_form": Sm4Form(given["sm4_form"]),
        "split": Split(given["split"]),
        "realtime": every != 0,
        "realtime_s": int(every or 0),
        "minute_min": given["minutes"],
        "spread_s": 20.0 if max(len(mns), given["devices"]) > 1 else 0.0,
        "trouble": read_trouble(brought | read_options(given["troubles"])),
        **{name: given[name] for name in ("ack", "split_bytes", "login", "activate", "announce")},
        "realtime_ack": given["ack"],
        "history_ack": given["ack"],
        **seconds,
    }
    if not mns:
        return fleet_of(profiles, given["devices"], first=given["first"], **changes)
    for mn in mns:
        if not is_simulated_mn(mn):
            click.echo(
                f"note: {mn} is not of the range of simulated devices (FF2120...); register it as simulated", err=True
            )
    return [simulated_device(profiles[at % len(profiles)], mn=mn, **changes) for at, mn in enumerate(mns)]


def _write_register(path: Path, settings: list[DeviceSettings]) -> None:
    from qingtian.domain.errors import InvalidInput
    from qingtian.simulator.registering import as_csv, as_json, objects_of

    objects = objects_of(settings)
    try:
        path.write_text(as_csv(objects) if path.suffix == ".csv" else as_json(objects), "utf-8")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}", field="register", remedy="give a file in a folder of yours"
        ) from error
    click.echo(f"{len(objects)} objects -> {path}; register them with: qingtian register {path}", err=True)


def _duration(given: dict[str, Any], usual: float) -> float:
    from qingtian.simulator.orders import read_duration

    return read_duration(given["duration"], "duration") if given["duration"] else usual


def _start(given: dict[str, Any]) -> float | None:
    from qingtian.runtime.clock import SHANGHAI

    start: datetime | None = given["start"]
    return None if start is None else start.replace(tzinfo=SHANGHAI).timestamp()


def _print(given: dict[str, Any], settings: list[DeviceSettings]) -> None:
    from qingtian.runtime.clock import real_now
    from qingtian.simulator.printing import frames_of, lines_of

    seconds = _duration(given, 600.0)
    start = _start(given)
    begin = real_now().timestamp() - seconds if start is None else start
    output = sys.stdout.buffer
    try:
        if given["printed"] == "raw":
            for _, data in frames_of(settings, begin, seconds):
                output.write(data)
        else:
            for line in lines_of(settings, begin, seconds):
                output.write(line.encode() + b"\n")
        output.flush()
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()


def _run(given: dict[str, Any], settings: list[DeviceSettings]) -> None:
    from qingtian.simulator.orders import Run, tls_context
    from qingtian.simulator.running import run_live

    run = Run(
        settings,
        given["host"],
        given["port"],
        speed=given["speed"],
        start_s=_start(given),
        duration_s=_duration(given, 0.0),
        tls=tls_context(given["ca"]) if given["tls"] else None,
        sources=given["sources"],
        ramp=given["ramp"],
        forward=given["forward"],
    )
    report = run_live(run, None if given["quiet"] else _progress)
    if not given["quiet"] and sys.stderr.isatty():
        click.echo("", err=True)
    if given["report"] == "json":
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        click.echo(f"{report.stats.line()}  in {report.seconds:.1f} s")


def _progress(line: str) -> None:
    """Rewrite one line on a terminal; elsewhere a line of its own each."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{line}", nl=False, err=True)
    else:
        click.echo(line, err=True)
