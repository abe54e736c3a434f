"""A body that anybody may send is refused by its size: announced, or counted while it comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from qingtian.runtime.bodies import LimitedBodies

LARGEST = 100


class House:
    """An application that reads the whole body before it answers, as the real one does."""

    def __init__(self) -> None:
        self.read = 0
        self.asked = False
        self.cut = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked = True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.cut = True
                return
            self.read += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


def sent(path: str, *pieces: bytes, announced: bytes | None = None, kind: str = "http") -> tuple[House, list[Any]]:
    """Send a body in pieces; gives the house and what it answered."""
    house, answers, left = House(), [], list(pieces)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        answers.append(message)

    headers = [] if announced is None else [(b"content-length", announced)]
    scope = {"type": kind, "path": path, "headers": headers}
    asyncio.run(LimitedBodies(house, LARGEST)(scope, receive, send))
    return house, answers


def test_a_body_that_fits_goes_through_whole() -> None:
    house, answers = sent("/public/report/4", b"x" * 60, b"x" * 40, announced=b"100")
    assert (house.read, answers[0]["status"]) == (100, 200)


def test_a_body_that_announces_too_much_is_refused_before_it_is_read() -> None:
    house, answers = sent("/public/report/4", b"x" * 101, announced=b"101")
    assert not house.asked
    assert answers[0]["status"] == 413
    assert "8 MB" in answers[1]["body"].decode()


@pytest.mark.parametrize("announced", [None, b"10", b"many"])
def test_a_body_that_grows_beyond_it_is_cut_off(announced: bytes | None) -> None:
    house, answers = sent("/public/report/4", b"x" * 100, b"x", b"x" * 500, announced=announced)
    assert (house.read, house.cut, answers) == (100, True, [])


def test_other_doors_have_their_own_limits() -> None:
    house, answers = sent("/api/v1/cases/1/evidence", b"x" * 500, announced=b"500")
    assert (house.read, answers[0]["status"]) == (500, 200)
