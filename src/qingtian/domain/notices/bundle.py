"""What a bundle of notices says: how many, how severe, the worst first, and where the rest is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOWN = 10
SEVERITIES = {
    "zh": {1: "提示", 2: "一般", 3: "较重", 4: "严重"},
    "en": {1: "notice", 2: "minor", 3: "major", 4: "severe"},
}
WORDS = {
    "zh": {
        "one": "【青天】{mark}{label}：{title}",
        "many": "【青天】{mark}{count} 条提醒，最高{severity}",
        "kind": "{label} {count} 条",
        "line": "[{severity}] {number} {title}（{at}{done}）",
        "done": "，已处理",
        "rest": "另有 {count} 条，见消息中心。",
        "inbox": "消息中心：{url}",
        "simulated": "（模拟）",
        "note": "本消息含模拟数据，不代表真实情况。",
        "joint": "，",
    },
    "en": {
        "one": "[Qingtian] {mark}{label}: {title}",
        "many": "[Qingtian] {mark}{count} notices, the worst {severity}",
        "kind": "{count} x {label}",
        "line": "[{severity}] {number} {title} ({at}{done})",
        "done": ", dealt with",
        "rest": "{count} more in the inbox.",
        "inbox": "Inbox: {url}",
        "simulated": "(simulated) ",
        "note": "This message holds simulated data; it does not describe the real world.",
        "joint": ", ",
    },
}


@dataclass(frozen=True, slots=True)
class Item:
    """One notice in a bundle.

    Args:
        label, title: in the language of the reader.
        severity: 1 notice to 4 severe.
        at: aware.
        done: whether somebody dealt with it meanwhile.
    """

    label: str
    number: str
    title: str
    severity: int
    link: str
    at: datetime
    done: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes out.

    Args:
        subject: one line.
        text: everything.
        short: for ways that carry little, such as SMS.
    """

    subject: str
    text: str
    short: str
    count: int
    severity: int
    simulated: bool


def bundle_of(items: Sequence[Item], *, language: str, base_url: str = "") -> Bundle:
    """Put notices into one word: counts by kind, the ten worst, where the rest is.

    Args:
        items: at least one.
        language: zh or en.
        base_url: of this installation; empty: links are left out.
    """
    words, severities = WORDS[language], SEVERITIES[language]
    simulated = any(item.simulated for item in items)
    mark = words["simulated"] if simulated else ""
    worst = max(item.severity for item in items)
    ordered = sorted(items, key=lambda item: (item.done, -item.severity, item.at))
    subject = _subject(ordered, words, severities, mark, worst)
    kinds = Counter(item.label for item in items)
    counted = words["joint"].join(words["kind"].format(label=label, count=count) for label, count in kinds.items())
    lines = [subject, ""]
    if len(items) > 1:
        lines += [counted, ""]
    for item in ordered[:SHOWN]:
        lines.append(_line(item, words, severities))
        if base_url and item.link:
            lines.append(f"  {base_url}{item.link}")
    if len(items) > SHOWN:
        lines.append(words["rest"].format(count=len(items) - SHOWN))
    if base_url:
        lines += ["", words["inbox"].format(url=f"{base_url}/desk/notices")]
    if simulated:
        lines += ["", words["note"]]
    short = subject if len(items) == 1 else f"{subject}：{counted}" if language == "zh" else f"{subject}: {counted}"
    return Bundle(subject[:300], "\n".join(lines), short, len(items), worst, simulated)


def shortened(text: str, most_bytes: int) -> str:
    """A text that fits into so many bytes of UTF-8; no character is cut, an ellipsis says that something is missing.

    >>> shortened("青天在线", 9), shortened("abc", 3)
    ('青天…', 'abc')
    """
    if len(text.encode()) <= most_bytes:
        return text
    room = most_bytes - len("…".encode())
    return text.encode()[: max(0, room)].decode(errors="ignore") + "…"


def _subject(items: Sequence[Item], words: dict[str, str], severities: dict[int, str], mark: str, worst: int) -> str:
    if len(items) == 1:
        return words["one"].format(mark=mark, label=items[0].label, title=items[0].title)
    return words["many"].format(mark=mark, count=len(items), severity=severities[worst])


def _line(item: Item, words: dict[str, str], severities: dict[int, str]) -> str:
    at = f"{item.at.astimezone(SHANGHAI):%m-%d %H:%M}"
    done = words["done"] if item.done else ""
    return words["line"].format(
        severity=severities[item.severity], number=item.number, title=item.title, at=at, done=done
    )
