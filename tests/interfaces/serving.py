"""A real web server in a thread, and a reader of its event stream."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

WAIT_S = 20.0


@dataclass
class Event:
    """One server-sent event."""

    name: str
    data: dict


@contextmanager
def running_server() -> Iterator[int]:
    """The ASGI application under uvicorn on a free port."""
    from qingtian.runtime.asgi import application

    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        lifespan="off",
        ws="none",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="uvicorn", daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive()


class Stream:
    """A browser's side of the event stream."""

    def __init__(self, port: int, session: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        headers = {"Cookie": f"sessionid={session}"} if session else {}
        self._connection.request("GET", "/api/v1/live", headers=headers)
        self.answer = self._connection.getresponse()

    def events(self) -> Iterator[Event]:
        """Events as they come."""
        name, data = "", ""
        while line := self.answer.readline().decode():
            if line.startswith("event: "):
                name = line[7:].strip()
            elif line.startswith("data: "):
                data = line[6:].strip()
            elif line == "\n" and data:
                yield Event(name, json.loads(data))
                name, data = "", ""

    def next(self, *names: str) -> Event:
        """The next event of one of some names."""
        return next(one for one in self.events() if one.name in names)

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self._connection.close()


def wait_until(condition: object, seconds: float = WAIT_S) -> None:
    """Wait for a condition, at most some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
