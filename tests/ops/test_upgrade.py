"""A backup of an older release comes up in this one with the same hashes and the same answers."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest
from tests.ops.house import House

DATA = Path(__file__).resolve().parents[1] / "data" / "upgrade"
SCRIPT = Path(__file__).with_name("old_answers.py")


@pytest.mark.parametrize("release", ["c3d1d98"])
def test_an_older_release_is_brought_here_and_answers_as_it_did(own_folder: Path, release: str) -> None:
    with tarfile.open(DATA / f"{release}.tar.xz") as archive:
        # Python 3.11.2, which Debian 12 has, knows no filter yet; 3.12 wants one.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(own_folder)
    house = House(own_folder / "new")
    told = json.loads(house.command("restore", str(own_folder / "backup"), "--json").stdout)
    assert told["differences"] == []
    assert told["migrations_applied"] > 0
    expected = json.loads((DATA / f"{release}.json").read_text("utf-8"))
    assert told["heads"]["journal"] == expected["journal"][2]
    assert json.loads(house.run([sys.executable, str(SCRIPT)]).stdout) == expected
    assert "No migrations to apply" in house.command("migrate").stdout
    assert house.command("spool", "verify").stdout.startswith(f"{len(list((house.data / 'spool').glob('*.seg')))} ")
