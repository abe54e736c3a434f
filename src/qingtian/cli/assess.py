"""`qingtian assess`: judge values in bulk, one JSON object a line in, one a line out."""

from __future__ import annotations

import json
import logging
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

    Kinds: iaqi, aqi, round_gb8170, reference_o2, percentile, composite_2013, composite_2026, leq, water_class_item,
    water_section, basin_status, tli, cwqi, black_odour, groundwater_class, soil_farmland, soil_construction, noise,
    tax_equivalents; docs/packs.md shows their input.
    A line that cannot be answered gets an error that names the field, the reason and the remedy; the others are
    answered all the same.
    """
    for line in answers(source):
        output.write(line)
        output.flush()


def answers(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Answer lines in their order; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _encoded(_answer(line, number)) + b"\n"


def _encoded(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False, default=float).encode()
    except UnicodeEncodeError:  # half a surrogate pair in an id: legal in JSON only as an escape
        return json.dumps(answer, default=float).encode()


def _answer(line: bytes, number: int) -> dict[str, Any]:
    from qingtian.packs import load_packs
    from qingtian.packs.questions import answer

    question: Any = None
    shape: dict[str, Any]
    try:
        question = _question(line, number)
        found = answer(load_packs(), question.get("kind"), question.get("input"))
        return {"id": question.get("id"), "result": found.result, "clause": found.clause}
    except QingtianError as error:
        shape = {"code": error.code, "message": error.message, "field": error.field, "remedy": error.remedy}
    except Exception:  # a fault of ours in one line must not cost the answers to the others
        logging.getLogger(__name__).exception("line %d", number)
        shape = {"code": "internal", "message": "a fault in qingtian", "field": None, "remedy": "report the line"}
    return {"id": question.get("id") if isinstance(question, dict) else None, "error": shape}


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
