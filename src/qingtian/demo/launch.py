"""Starting, resuming and stopping a demo in a data folder."""

from __future__ import annotations

import fcntl
import logging
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from qingtian.demo.boot import prepare, use_settings
from qingtian.demo.city import City, city_path, load_city, save_city
from qingtian.demo.events import truth_lines
from qingtian.demo.live import Progress, load_progress, save_progress
from qingtian.demo.scenario import LABEL_EN, LABEL_ZH
from qingtian.demo.sources import districts_path
from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.clock import ReplayState, clock_path, read_replay_state, real_now, set_clock
from qingtian.runtime.postgres import pgdata_path, stop_postgres
from qingtian.runtime.settings import Mode, Settings
from qingtian.runtime.supervisor import ChildSpec, Supervisor, free_port, port_is_free

ANSWER_S = 60.0
LOCK = "demo.lock"
AHEAD = timedelta(days=14)  # the truth file reaches so far into the live part
Say = Callable[[str], None]
Watch = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; None = as it was, or the default.

    Args:
        city: the city of a first start.
        speed: city seconds per second.
    """

    city: City
    given: frozenset[str]
    speed: float | None


def partial_path(data_dir: Path) -> Path:
    """Marks a folder whose first start has not ended."""
    return data_dir / "demo.partial"


def truth_path(data_dir: Path) -> Path:
    """Where a demo keeps its planted events, for whoever wants to compare; no part of the product reads it."""
    return data_dir / "truth.jsonl"


def is_demo(data_dir: Path) -> bool:
    """Whether a folder holds a demo, finished or not."""
    return city_path(data_dir).exists() or partial_path(data_dir).exists()


def check_folder(data_dir: Path) -> None:
    """Refuse a folder that holds another deployment.

    Raises:
        Conflict: a demo would mix simulated data into it.
    """
    if pgdata_path(data_dir).exists() and not is_demo(data_dir):
        raise Conflict(
            f"{data_dir} holds a deployment that is no demo",
            field="data_dir",
            remedy="give the demo a folder of its own: QINGTIAN_DATA_DIR=...",
        )


def refuse_production(settings: Settings) -> None:
    """A configured production deployment is never turned into a demo.

    Raises:
        Conflict: its mode says production.
    """
    if settings.mode is Mode.PRODUCTION:
        raise Conflict("this deployment is in production mode", field="mode", remedy="run the demo with another config")


def reset(settings: Settings) -> None:
    """Remove the demo of a data folder.

    Raises:
        Conflict: the folder holds no demo, or its database is on an own server.
    """
    refuse_production(settings)
    if settings.database_url:
        raise Conflict(
            "a demo on an own server is not reset",
            field="database_url",
            remedy="drop and create that database yourself",
        )
    check_folder(settings.data_dir)
    if not settings.data_dir.exists() or not is_demo(settings.data_dir):
        return
    with held(settings.data_dir):
        empty(settings)


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold a demo folder; one process at a time may start, run or remove what is in it.

    Raises:
        Conflict: another demo runs there.
    """
    with (data_dir / LOCK).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                f"another demo runs on {data_dir}",
                field="data_dir",
                remedy="use that one, stop it, or give this one another QINGTIAN_DATA_DIR",
            ) from error
        yield


def empty(settings: Settings) -> None:
    """Remove everything from the folder of a demo that is held."""
    stop_postgres(settings)
    for child in settings.data_dir.iterdir():
        if child.name != LOCK:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()


def settle_ports(settings: Settings) -> dict[str, str]:
    """Ports of the demo: the configured ones where they are free, else free ones.

    A port that a process of this demo still holds after a crash counts as free: the supervisor ends that process.
    """
    chosen = {}
    for name, child, host, port in (
        ("web_port", "web", settings.web_host, settings.web_port),
        ("gateway_port", "gateway", settings.gateway_host, settings.gateway_port),
    ):
        good = port and (port_is_free(host, port) or left_behind(settings.data_dir / "run" / f"{child}.pid"))
        chosen[name] = str(port if good else free_port(host))
    return chosen


def left_behind(pid_file: Path) -> bool:
    """Whether a process of an earlier, killed demo still runs."""
    try:
        pid = int(pid_file.read_text("utf-8"))
        return b"qingtian" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False


def first_start(settings: Settings, wish: Wish, say: Say, watch: Watch) -> City:
    """Make the city and its history; a start that was cut off is begun anew."""
    from qingtian.demo.history import make_history

    city = wish.city
    partial_path(settings.data_dir).write_text("first start has not ended\n", "utf-8")
    history = make_history(settings, city, progress=watch)
    seeded = history.seeded
    say(
        f"{seeded.enterprises} simulated enterprises, {seeded.outlets} outlets, {seeded.devices} devices, "
        f"{seeded.stations} real stations; {history.frames} frames of history"
    )
    for failure in history.failures:
        say(f"note: the cast was refused: {failure}")
    truth_path(settings.data_dir).write_text(
        truth_lines(city.book().between(city.epoch, city.live_from + AHEAD)), "utf-8"
    )
    save_progress(settings.data_dir, Progress(city.live_from, city.live_from, city.live_from))
    save_city(settings.data_dir, city)
    partial_path(settings.data_dir).unlink()
    return city


def paused_clock(data_dir: Path, city: City, speed: float | None) -> ReplayState:
    """The clock of a (re)start, standing still: where it was paused, or the last heartbeat after a crash."""
    path = clock_path(data_dir)
    old = read_replay_state(path) if path.exists() else None
    progress = load_progress(data_dir)
    if old is not None and old.paused:
        at = old.anchor_city
    else:
        at = progress.city_now if progress is not None else city.live_from
    kept = old.speed if old is not None else 60.0
    return ReplayState(at, real_now(), speed or kept, paused=True, label_zh=LABEL_ZH, label_en=LABEL_EN)


def fleet_spec() -> ChildSpec:
    """The fleet process."""
    return ChildSpec("fleet", [sys.executable, "-m", "qingtian.demo.live"])


class Demo:
    """A running demo.

    Args:
        house: specs of gateway, worker and web.
        say: where lines for the user go.
        watch: told of city time while the history is made.
    """

    def __init__(
        self, settings: Settings, house: Callable[[Settings], Sequence[ChildSpec]], say: Say, watch: Watch
    ) -> None:
        refuse_production(settings)
        check_folder(settings.data_dir)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._given, self._house, self._say, self._watch = settings, house, say, watch

    def run(self, wish: Wish, address_of: Callable[[Settings], str]) -> None:
        """Start or resume, print one address, keep everything running until Ctrl-C."""
        with held(self._given.data_dir):
            if partial_path(self._given.data_dir).exists():
                self._say("the last first start was cut off; beginning anew")
                empty(self._given)
            settings = use_settings(
                self._given.data_dir, regions_file=str(districts_path()), **settle_ports(self._given)
            )
            self._run(settings, wish, address_of(settings))

    def _run(self, settings: Settings, wish: Wish, address: str) -> None:
        supervisor = Supervisor(settings.data_dir / "run", [*self._house(settings), fleet_spec()], say=self._say)
        supervisor.claim()  # a `qingtian up` on this folder keeps its database
        try:
            city = self._city(settings, wish)
            self._serve(settings, city, wish.speed, supervisor, address)
        finally:
            supervisor.stop()
            stop_postgres(settings)

    def _city(self, settings: Settings, wish: Wish) -> City:
        prepare()
        logging.getLogger().setLevel(logging.WARNING)  # the terminal shows what the user needs; logs have files
        known = load_city(settings.data_dir)
        try:
            if known is None:
                return first_start(settings, wish, self._say, self._watch)
        finally:
            from django.db import connections

            connections.close_all()
        differing = sorted(name for name in wish.given if getattr(wish.city, name) != getattr(known, name))
        if differing:
            raise Conflict(
                f"this city was made with another {', '.join(differing)}",
                field=differing[0],
                remedy="add --reset to make a new city",
            )
        return known

    def _serve(self, settings: Settings, city: City, speed: float | None, supervisor: Supervisor, address: str) -> None:
        state = paused_clock(settings.data_dir, city, speed)
        set_clock(settings.data_dir, state)
        pause_on_signals(settings.data_dir, supervisor)
        supervisor.start()
        wait_for_answer(address)
        set_clock(settings.data_dir, replace(state, anchor_real=real_now(), paused=False))
        self._say(f"city time {state.anchor_city:%Y-%m-%d %H:%M}, {state.speed:g}x  ({LABEL_EN})")
        self._say(f"Qingtian is at {address}   (Ctrl-C stops, the same command goes on)")
        supervisor.run()


def pause_clock(data_dir: Path) -> None:
    """Let city time stand still where it is."""
    state = read_replay_state(clock_path(data_dir))
    if not state.paused:
        set_clock(data_dir, state.changed(real_now(), paused=True))


def pause_on_signals(data_dir: Path, supervisor: Supervisor) -> None:
    """On Ctrl-C or SIGTERM: stop city time first, then the processes; a second signal is impatience."""

    def handle(number: int, frame: FrameType | None) -> None:
        supervisor.request_stop()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        pause_clock(data_dir)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def wait_for_answer(address: str, timeout_s: float = ANSWER_S) -> None:
    """Wait until the address answers an HTTP request.

    Raises:
        Unavailable: it does not, or answers with a server error.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own address
                answer.read(1)
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            reason = f"HTTP {error.code}"
        except OSError as error:
            reason = str(error)
        if time.monotonic() > deadline:
            raise Unavailable(f"{address} does not answer: {reason}", remedy="see the logs in the run folder")
        time.sleep(0.2)
