"""The hub: one LISTEN connection while anybody listens, and a bounded mailbox for each browser."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable

import psycopg
from psycopg import sql

from qingtian.domain.errors import Unavailable
from qingtian.interfaces.live.messages import Message, merged, read_message, reload_all
from qingtian.runtime.clock import current_clock
from qingtian.runtime.live import CHANNEL

MAX_CLIENTS = 500
MAILBOX = 200  # messages that may wait for a slow browser before they become "reload"
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0
PROBE_S = 20.0  # a silent connection is asked so often whether it lives
_log = logging.getLogger(__name__)


class Mailbox:
    """Messages that wait for one browser; never grows beyond its bound."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._arrived = asyncio.Event()

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages; a full box is merged, so that a slow browser costs no memory."""
        self._waiting.extend(messages)
        if len(self._waiting) > MAILBOX:
            self._waiting = deque(merged(self._waiting))
        self._arrived.set()

    async def take(self, timeout_s: float, gather_s: float) -> list[Message]:
        """What arrived, merged by topic; empty after the timeout.

        Args:
            timeout_s: longest wait.
            gather_s: after the first message, wait so long for company.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), timeout_s)
        if not self._waiting:
            return []
        await asyncio.sleep(gather_s)
        self._arrived.clear()
        taken = merged(self._waiting)
        self._waiting.clear()
        return taken


class Hub:
    """Listens once for everybody.

    Args:
        conninfo: gives the connection string; asked again at every attempt.
        max_clients: more are refused.
    """

    def __init__(self, conninfo: Callable[[], str], *, max_clients: int = MAX_CLIENTS) -> None:
        self._conninfo, self._max = conninfo, max_clients
        self._boxes: set[Mailbox] = set()
        self._listener: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    @property
    def clients(self) -> int:
        """Browsers that listen now."""
        return len(self._boxes)

    @contextlib.asynccontextmanager
    async def subscribed(self) -> AsyncIterator[Mailbox]:
        """A mailbox for as long as the block runs.

        Raises:
            Unavailable: too many listen already.
        """
        self.refuse_when_full()
        box = Mailbox()
        self._boxes.add(box)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen_for_ever(), name="live-listener")
        try:
            yield box
        finally:
            self._boxes.discard(box)
            if not self._boxes:
                await self._stop()

    def refuse_when_full(self) -> None:
        """Refuse one more browser when the bound is reached.

        Raises:
            Unavailable.
        """
        if len(self._boxes) >= self._max:
            raise Unavailable(
                f"{self._max} browsers listen already", field="live", remedy="close some tabs; the page polls meanwhile"
            )

    def broadcast(self, messages: list[Message]) -> None:
        """Put messages into every mailbox."""
        for box in self._boxes:
            box.put(messages)

    async def _stop(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    async def _listen_for_ever(self) -> None:
        pause, again = FIRST_PAUSE_S, False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    if again:
                        self.broadcast(reload_all(current_clock().now().isoformat()))
                    pause, again = FIRST_PAUSE_S, True
                    self.listening.set()
                    await self._forward(connection)
            except (psycopg.Error, OSError) as error:
                _log.warning("live updates are down, trying again in %.1f s: %s", pause, error)
            finally:
                self.listening.clear()
            await asyncio.sleep(pause)
            pause = min(LAST_PAUSE_S, pause * 2)

    async def _forward(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        while True:
            async for notice in connection.notifies(timeout=PROBE_S):
                message = read_message(notice.payload)
                if message is not None:
                    self.broadcast([message])
            await connection.execute("SELECT 1")  # raises when the server is gone


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub(database_conninfo))


def connected_clients() -> int:
    """Browsers on the live stream of this process."""
    return sum(one.clients for one in list(_hubs.values()))


def database_conninfo() -> str:
    """How to reach the database that Django uses."""
    from django.db import connection

    known = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: str(known[key]) for name, key in names.items() if known.get(key)}
    return psycopg.conninfo.make_conninfo(**given, application_name="qingtian-live")
