"""Which indicator rests on which: an order to compute them in, and rings refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.faults import DependencyCycle

INDICATOR = "indicator:"  # source of an input that is the value of another indicator


def rests_on(indicator: Indicator) -> tuple[str, ...]:
    """Codes of the indicators that are inputs of one."""
    sources = (one.source for one in indicator.inputs)
    return tuple(dict.fromkeys(one.removeprefix(INDICATOR) for one in sources if one.startswith(INDICATOR)))


def in_order(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Codes so that each comes after those it rests on; names that nobody defines are left out.

    Raises:
        DependencyCycle: names the ring.

    >>> in_order({"C": ["B"], "B": ["A"], "A": []})
    ('A', 'B', 'C')
    """
    done: dict[str, None] = {}
    for start in sorted(edges):
        _visit(start, edges, done)
    return tuple(done)


def _visit(start: str, edges: Mapping[str, Iterable[str]], done: dict[str, None]) -> None:
    # By hand, not by recursion: a long chain of indicators is no reason to fail.
    path: list[str] = []
    work = [(start, False)]
    while work:
        code, leaving = work.pop()
        if leaving:
            path.pop()
            done[code] = None
        elif code in path:
            ring = [*path[path.index(code) :], code]
            raise DependencyCycle(
                f"the indicators rest on each other: {' -> '.join(ring)}",
                field="inputs",
                remedy="take one of them out of the ring",
                ring=ring,
                message_zh=f"指标互相引用：{' -> '.join(ring)}",
            )
        elif code not in done and code in edges:
            path.append(code)
            work.append((code, True))
            work.extend((below, False) for below in sorted(set(edges[code]), reverse=True))
