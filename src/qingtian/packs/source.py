"""Where pack rows are read from: the national folder, the regional folders beside it, and rows tried in memory."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.provenance import region_chain

NATIONAL = Path(__file__).parent / "national"
REGION = Path(__file__).parent / "region"  # regional packs of this release, one folder a region
CODE = re.compile(r"[0-9]{6}")
BESIDE_ROWS = frozenset({"README.md", "pack.toml"})  # files of a regional pack that hold no rows
MANIFEST = ("name_zh", "name_en", "source", "test")
Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegionFolder:
    """A folder with the rows of one region.

    Args:
        code: GB/T 2260 code; its rows hold there and in the regions below it.
        test: `test = true` stands in its pack.toml: an example whose rows are no law anywhere.
        name_zh, name_en: of the pack, from pack.toml.
    """

    code: str
    path: Path
    test: bool = False
    name_zh: str = ""
    name_en: str = ""

    def holds(self, region: str) -> bool:
        """Whether a row of some region may stand in this folder.

        >>> folder = RegionFolder("420100", Path("420100"))
        >>> folder.holds("420106"), folder.holds("430100"), folder.holds("CN")
        (True, False, False)
        """
        return region != "CN" and self.code in region_chain(region)


@dataclass(frozen=True)
class PackSource:
    """Everything that packs are read from.

    Args:
        national: folder of the national tables.
        regional: folders of regions, in any order.
        tried: cells to put into rows in memory, by row_id: for "what would change if"; files stay as they are. A cell
            inside another is named with dots, such as `parameters.window_h`.
    """

    national: Path = NATIONAL
    regional: tuple[RegionFolder, ...] = ()
    tried: Mapping[str, Change] = field(default_factory=lambda: MappingProxyType({}))

    def folders(self, file: str) -> Iterator[tuple[Path, RegionFolder | None]]:
        """Folders that hold a file, the national one first."""
        yield self.national, None
        yield from ((one.path, one) for one in self.regional if (one.path / file).exists())

    def trying(self, row_id: str, cells: Change) -> PackSource:
        """The same source with some cells of one row replaced in memory."""
        return replace(self, tried=MappingProxyType({**self.tried, row_id: dict(cells)}))

    def changed(self, raw: Any) -> Any:
        """A raw row with what is tried of it."""
        if not isinstance(raw, dict) or raw.get("row_id") not in self.tried:
            return raw
        changed = dict(raw)
        for name, value in self.tried[str(raw["row_id"])].items():
            _put(changed, name.split("."), value)
        return changed


def _put(raw: dict[str, Any], path: list[str], value: Any) -> None:
    *outer, last = path
    for name in outer:
        inner = raw.get(name)
        raw[name] = dict(inner) if isinstance(inner, Mapping) else {}
        raw = raw[name]
    raw[last] = value


def as_source(place: Path | PackSource) -> PackSource:
    """A source; a bare folder stands for its national tables alone."""
    return place if isinstance(place, PackSource) else PackSource(place)


def region_folders(folders: Iterable[Path]) -> tuple[RegionFolder, ...]:
    """The regional packs below some folders: each is named by its code, or holds folders that are.

    Raises:
        ConfigurationError: no such folder, one without a regional pack, or two packs of one region.
    """
    found = [one for folder in folders for one in _packs_of(folder)]
    for one in found:
        twins = [str(other.path) for other in found if other.code == one.code]
        if len(twins) > 1:
            raise ConfigurationError(
                f"the region {one.code} has two packs: {', '.join(twins)}",
                field="pack_folders",
                remedy="join them into one folder",
            )
    return tuple(found)


def _packs_of(folder: Path) -> list[RegionFolder]:
    if not folder.is_dir():
        raise ConfigurationError(
            f"there is no folder {folder}", field="pack_folders", remedy="name a folder with regional packs"
        )
    if CODE.fullmatch(folder.name):
        return [_region(folder)]
    found = [_region(one) for one in sorted(folder.iterdir()) if one.is_dir() and CODE.fullmatch(one.name)]
    if not found and folder != REGION:
        raise ConfigurationError(
            f"{folder} holds no folder named by a region code",
            field="pack_folders",
            remedy="name the folder of a regional pack by its GB/T 2260 code, such as 420100",
        )
    return found


def _region(folder: Path) -> RegionFolder:
    told = _manifest(folder / "pack.toml")
    return RegionFolder(
        folder.name,
        folder,
        test=told.get("test") is True,
        name_zh=str(told.get("name_zh", "")),
        name_en=str(told.get("name_en", "")),
    )


def _manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", field="pack.toml", remedy="mend the file") from error
    for name in told:
        if name not in MANIFEST:
            raise ConfigurationError(
                f"{path} has an unknown key {name}", field=f"pack.toml:{name}", remedy=f"use {', '.join(MANIFEST)}"
            )
    return told
