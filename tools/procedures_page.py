"""Writes docs/procedures.md from the procedure packs: `.venv/bin/python tools/procedures_page.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qingtian.domain.procedures import ClockSpec, ProcedureTemplate
from qingtian.packs.procedures import load_procedures

PAGE = Path(__file__).resolve().parent.parent / "docs" / "procedures.md"
HEAD = """# Procedures

Every way that a case can walk, made from `src/qingtian/packs/national/procedures/*.toml` (this page is written by
`tools/procedures_page.py`; a test holds it to the packs). How cases work is told in [cases.md](cases.md). A step can be asked for
by its code, or by its target where that is another state. Marks of sources: V rule text read, P second-hand or regional page,
M from memory (unverified), D decision of this project.
"""


def page() -> str:
    """The whole page."""
    newest = sorted(load_procedures().values(), key=lambda one: (len(one.code), one.code, one.version))
    return HEAD + "".join(_procedure(one) for one in newest)


def _procedure(one: ProcedureTemplate) -> str:
    states = ", ".join(f"`{s.code}` {s.label_zh}" for s in one.states if not s.side)
    side = ", ".join(f"`{s.code}` {s.label_zh}" for s in one.states if s.side)
    parts = [f"\n## {one.code} {one.name_en} ({one.name_zh}), version {one.version}\n"]
    until = f" until {one.valid_to}" if one.valid_to else ""
    parts.append(f"Cases opened from {one.valid_from}{until}. Source: {one.source}.\n")
    parts.append(f"Main line: {states}.\n" + (f"Side states: {side}.\n" if side else ""))
    parts.append("\n".join([*_beginning(one), ""]))
    parts.append("\n" + "\n".join(_steps(one)) + "\n")
    if one.guards:
        parts.append("\n" + "\n".join(_guards(one)) + "\n")
    if one.clocks:
        parts.append("\n" + "\n".join(_clocks(one)) + "\n")
    if one.documents:
        papers = ", ".join(f"`{paper.code}` {paper.label_zh}" for paper in one.documents)
        parts.append(f"\nDocuments: {papers}.\n")
    return "".join(parts)


def _beginning(one: ProcedureTemplate) -> Iterator[str]:
    ways = ["from a finding"] if one.from_findings else []
    if one.opening is not None:
        ways.append(f"by a form of: {', '.join(sorted(one.opening.roles))} (needs {', '.join(one.opening.needs)})")
    yield f"A case begins {'; or '.join(ways) or 'as a child of another case'}."
    if one.enterprise_states is not None:
        seen = ", ".join(one.enterprise_states) or "never"
        yield f"The enterprise that it is about sees it: {seen}."
    secret = {name: spec for name, spec in one.fields().items() if spec.private}
    if secret:
        readers = ", ".join(sorted(set().union(*(spec.readers for spec in secret.values()))))
        yield f"Private ({readers} only): {', '.join(f'`{name}`' for name in secret)}."


def _steps(one: ProcedureTemplate) -> Iterator[str]:
    yield "| step | from | to | roles | guards |"
    yield "|---|---|---|---|---|"
    for step in one.transitions:
        roles = ", ".join(sorted(step.roles)) + (" (automatic)" if step.automatic else "")
        guards = ", ".join(step.guards) or "-"
        yield f"| `{step.code}` {step.label_zh} | {', '.join(step.sources)} | {step.target} | {roles} | {guards} |"


def _guards(one: ProcedureTemplate) -> Iterator[str]:
    yield "| guard | zh | en | source [confidence] |"
    yield "|---|---|---|---|"
    for guard in one.guards:
        yield f"| `{guard.code}` | {guard.label_zh} | {guard.label_en} | {guard.source} |"


def _clocks(one: ProcedureTemplate) -> Iterator[str]:
    yield "| clock | period | source [confidence] |"
    yield "|---|---|---|"
    for clock in one.clocks:
        yield f"| `{clock.code}` {clock.label_zh} | {_period(clock)} | {clock.source}: {clock.clause} [{clock.confidence}] |"


def _period(clock: ClockSpec) -> str:
    told = [f"{clock.n} {clock.mode} {clock.unit}"]
    if clock.ratio is not None:
        told = [f"{clock.ratio:.0%} of `{clock.promise_of}`"]
    elif clock.n_by:
        told.append("by kind: " + ", ".join(f"{name} {n}" for name, n in clock.n_by.items()))
    if clock.before_field:
        told = [f"{clock.n} days before `{clock.before_field}`"]
    if clock.roll:
        told.append("rolls")
    if clock.extension:
        told.append(f"+{clock.extension} each extension")
    if clock.due_field:
        told.append(f"or the date in `{clock.due_field}`")
    return ", ".join(told)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
