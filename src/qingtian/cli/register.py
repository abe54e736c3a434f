"""`qingtian register`: put the objects of a file on the register."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qingtian.apps.registry.actions.register_object import ObjectDraft


@click.command("register")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Register enterprises, outlets, stations and devices from FILE (.json or .csv); all or none.

    Parents come before their children. What is registered already is left as it is. `qingtian simulate --register`
    writes such a file.
    """
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.apps.registry.actions.register_many import register_many
    from qingtian.runtime.clock import current_clock

    drafts = [_draft(one, number) for number, one in enumerate(_objects(file), start=1)]
    rows = register_many(SYSTEM_ACTOR, current_clock().now(), drafts)
    click.echo(f"{len(rows)} objects are on the register; the gateway knows new devices within some seconds")


def _objects(file: Path) -> list[dict[str, Any]]:
    from qingtian.domain.errors import InvalidInput

    try:
        text = file.read_text("utf-8-sig")
        if file.suffix == ".csv":
            rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(text)))
            return [row | {"attributes": json.loads(row.get("attributes") or "{}")} for row in rows]
        given = json.loads(text)
        objects = given["objects"] if isinstance(given, dict) else given
        if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
            raise TypeError("it is no list of objects")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(
            f"{file} cannot be used: {error}",
            field="file",
            remedy='give JSON {"objects": [...]}, or CSV with the columns type, code, name, parent_type, parent_code',
        ) from error
    return objects


def _draft(given: dict[str, Any], number: int) -> ObjectDraft:
    from qingtian.apps.registry.actions.register_object import ObjectDraft
    from qingtian.apps.registry.models import ObjectType
    from qingtian.domain.errors import InvalidInput

    where = f"objects[{number - 1}]"
    try:
        kind = ObjectType(given["type"])
        parent = (ObjectType(given["parent_type"]), str(given["parent_code"])) if given.get("parent_type") else None
        code, name = str(given["code"]), str(given["name"])
    except KeyError as error:
        raise InvalidInput(f"{error.args[0]} is missing", field=where, remedy="give type, code and name") from error
    except ValueError as error:
        known = ", ".join(one.value for one in ObjectType)
        raise InvalidInput(str(error), field=f"{where}.type", remedy=f"one of {known}") from error
    return ObjectDraft(
        kind,
        code,
        name,
        str(given.get("name_en") or ""),
        parent=parent,
        region_code=str(given.get("region_code") or ""),
        lon=_number(given.get("lon"), f"{where}.lon"),
        lat=_number(given.get("lat"), f"{where}.lat"),
        attributes=given.get("attributes") or {},
        simulated=str(given.get("simulated", "")).lower() in ("true", "1", "yes"),
    )


def _number(value: Any, field: str) -> float | None:
    from qingtian.domain.errors import InvalidInput

    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{value!r} is no number", field=field, remedy="give degrees") from error
