"""Bodies of requests that anybody may send, held to a size before a byte of them is kept on the disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MIB = 1024 * 1024
PUBLIC = "/public/"
LARGEST = 25 * MIB  # three photos of 8 MiB, and the words
TOO_LARGE = "一次提交的内容过大，照片每张不超过 8 MB。 / This is too large: a photo has at most 8 MB."


class LimitedBodies:
    """An ASGI application whose pages of the public take no larger body.

    Args:
        app: the application; it would keep the whole body before any view is asked.
        largest: bytes.
    """

    def __init__(self, app: App, largest: int = LARGEST) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it by its announced size, or cut it off where it grows beyond it."""
        if scope["type"] != "http" or not scope["path"].startswith(PUBLIC):
            await self._app(scope, receive, send)
        elif _announced(scope) > self._largest:
            await _refuse(send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            # To the application it is as if the sender had hung up: it drops what it holds.
            return message if seen <= self._largest else {"type": "http.disconnect"}

        return counted


def _announced(scope: Scope) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"0")
    return int(given) if given.isdigit() else 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE.encode()})
