"""`qingtian assess`: judge values in bulk, one JSON object a line in, one a line out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NoReturn

import click

from qingtian.domain.errors import InvalidInput, QingtianError


@click.command("assess")
@click.argument("source", type=click.File("rb"), default="-")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="File for the answers (standard output).")
def command(source: Any, output: Any) -> None:
    """Judge values in bulk: lines {id, kind, input} in, lines {id, result, clause} or {id, error} out.

    Kinds: iaqi, aqi, round_gb8170, reference_o2. A line that cannot be answered gets an error that names the field, the
    reason and the remedy; the other lines are answered all the same.
    """
    for line in answers(source):
        output.write(line)
        output.flush()


def answers(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Answer lines in their order; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            text = json.dumps(_answer(line, number), ensure_ascii=False, separators=(", ", ": "))
            yield text.encode() + b"\n"


def _answer(line: bytes, number: int) -> dict[str, Any]:
    from qingtian.packs import load_packs
    from qingtian.packs.questions import answer

    question: Any = None
    try:
        question = _question(line, number)
        found = answer(load_packs(), question.get("kind"), question.get("input"))
        return {"id": question.get("id"), "result": found.result, "clause": found.clause}
    except QingtianError as error:
        name = question.get("id") if isinstance(question, dict) else None
        shape = {"code": error.code, "message": error.message, "field": error.field, "remedy": error.remedy}
        return {"id": name, "error": shape}


def _question(line: bytes, number: int) -> dict[str, Any]:
    try:
        question = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"line {number} is not JSON: {error}", field="line", remedy="one object a line") from error
    if not isinstance(question, dict):
        raise InvalidInput(f"line {number} is no object", field="line", remedy="write {id, kind, input}")
    return question


def _no_number(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a number of JSON", field="input", remedy="give null for a missing value")
