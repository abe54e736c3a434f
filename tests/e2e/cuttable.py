"""A cable between a browser and a server that can be cut, or that loses answers."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field

POST = re.compile(rb"POST (\S+) HTTP")


@dataclass
class Cable:
    """Carries bytes to `port` of this machine.

    Args:
        swallow: how many answers to posts that match `losing` are lost after the server has done its work.
    """

    port: int
    losing: str = ""
    swallow: int = 0
    lost: list[str] = field(default_factory=list)
    whole: bool = True
    ends: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Lose every connection, and each new one."""
        self.whole = False
        for one in self.ends:
            _close(one)
        self.ends.clear()

    def mend(self) -> None:
        """Carry again."""
        self.whole = True

    def close(self) -> None:
        """Take the cable away."""
        self.cut()
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _ = self.listener.accept()
                if not self.whole:
                    _close(browser)
                    continue
                server = socket.create_connection(("127.0.0.1", self.port))
                self.ends += [browser, server]
                asked: list[str] = []
                for one, other, up in ((browser, server, True), (server, browser, False)):
                    threading.Thread(target=self._carry, args=(one, other, asked, up), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, asked: list[str], up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if up:
                    asked += [found.decode() for found in POST.findall(data)]
                elif self._loses(asked):
                    break
                other.sendall(data)
        _close(one)
        _close(other)

    def _loses(self, asked: list[str]) -> bool:
        if not (self.losing and self.swallow > 0 and asked and self.losing in asked[-1]):
            return False
        self.swallow -= 1
        self.lost.append(asked[-1])
        return True


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
