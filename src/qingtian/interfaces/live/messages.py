"""Messages of the live stream: merging what piles up, and the wire format of server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from qingtian.runtime.live import MAX_IDS, Topic


@dataclass(frozen=True, slots=True)
class Message:
    """Something changed.

    Args:
        topic: what.
        ids: which; empty means "reload".
        at: city time of the newest change, ISO.
    """

    topic: str
    ids: tuple[str, ...]
    at: str


def read_message(payload: str) -> Message | None:
    """A NOTIFY payload as a message; None when it is not one of ours."""
    try:
        raw = json.loads(payload)
        topic = Topic(raw["topic"])
        return Message(topic.value, tuple(str(one) for one in raw.get("ids", ())), str(raw.get("at", "")))
    except (ValueError, KeyError, TypeError):
        return None


def merged(messages: Iterable[Message]) -> list[Message]:
    """One message per topic, in the order of their first mention; too many ids become "reload".

    >>> merged([Message("cases", ("1",), "a"), Message("cases", ("2", "1"), "b")])
    [Message(topic='cases', ids=('1', '2'), at='b')]
    """
    found: dict[str, Message] = {}
    for one in messages:
        known = found.get(one.topic)
        found[one.topic] = one if known is None else _joined(known, one)
    return list(found.values())


def reload_all(at: str) -> list[Message]:
    """Everything may have changed: what was missed cannot be told."""
    return [Message(topic.value, (), at) for topic in Topic]


def event(name: str, data: object) -> bytes:
    r"""One server-sent event.

    >>> event("hello", {"a": 1})
    b'event: hello\ndata: {"a": 1}\n\n'
    """
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def change_event(message: Message, *, with_ids: bool) -> bytes:
    """A change as an event; readers with a narrow view are told only the topic."""
    ids = list(message.ids) if with_ids else []
    return event(message.topic, {"topic": message.topic, "ids": ids, "at": message.at})


def _joined(one: Message, other: Message) -> Message:
    if not one.ids or not other.ids:  # one of them says "reload" already
        return Message(one.topic, (), max(one.at, other.at))
    ids = tuple(dict.fromkeys((*one.ids, *other.ids)))
    return Message(one.topic, ids if len(ids) <= MAX_IDS else (), max(one.at, other.at))
