"""Declared migrations between versions of a procedure: how states map; nothing else may move a running case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.packs import procedures


@dataclass(frozen=True, slots=True)
class Migration:
    """One declared way from a version to another.

    Args:
        states: state of the new version by state of the old one.
    """

    code: str
    from_version: str
    to_version: str
    states: Mapping[str, str]
    note_zh: str
    note_en: str
    source: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    from_version: str
    to_version: str
    states: dict[str, str]
    note_zh: str
    note_en: str
    source: str
    confidence: Literal["V", "P", "M", "D", "C"]


def parse_migration(text: str, name: str) -> Migration:
    """Read one migration and hold it against both versions.

    Raises:
        ConfigurationError: names the file and the fault.
    """
    try:
        raw = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"not a migration: {error}", field=name, remedy="mend the named key") from error
    known = procedures.load_procedures()
    for version in (raw.from_version, raw.to_version):
        if (raw.code, version) not in known:
            raise ConfigurationError(f"there is no {raw.code} version {version}", field=name, remedy="name a version")
    old, new = known[raw.code, raw.from_version], known[raw.code, raw.to_version]
    running = {state.code for state in old.states if not state.final}
    if missing := sorted(running - raw.states.keys()):
        raise ConfigurationError(f"no state for {', '.join(missing)}", field=name, remedy="map every running state")
    targets = {state.code for state in new.states if not state.final}
    if foreign := sorted(set(raw.states.values()) - targets) + sorted(raw.states.keys() - running):
        raise ConfigurationError(f"no running state {foreign[0]}", field=name, remedy="name states of the versions")
    kept = raw.model_dump(exclude={"confidence", "source"})
    return Migration(**kept, source=f"{raw.source} [{raw.confidence}]")


@cache
def load_migrations() -> Mapping[tuple[str, str, str], Migration]:
    """Every declared migration by code, old and new version."""
    found: dict[tuple[str, str, str], Migration] = {}
    for path in sorted((procedures.FOLDER / "migrations").glob("*.toml")):
        one = parse_migration(path.read_text("utf-8"), path.name)
        key = (one.code, one.from_version, one.to_version)
        if key in found:
            raise ConfigurationError(f"{' '.join(key)} is declared twice", field=path.name, remedy="remove one")
        found[key] = one
    return found


def migration(code: str, from_version: str, to_version: str) -> Migration:
    """The declared migration.

    Raises:
        InvalidInput: there is none; says which there are.
    """
    declared = load_migrations()
    if (code, from_version, to_version) in declared:
        return declared[code, from_version, to_version]
    ways = sorted(key[2] for key in declared if key[:2] == (code, from_version))
    raise InvalidInput(
        f"no migration of {code} from version {from_version} to {to_version} is declared",
        field="version",
        remedy=f"declared: {', '.join(ways)}" if ways else "the case keeps its version",
    )
