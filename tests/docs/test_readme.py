"""The README tells the truth: its commands exist, its links lead somewhere, its twin says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qingtian.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
MAKE_TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


def code_blocks(path: Path) -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.S))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_command_of_the_readme_exists(name: str) -> None:
    blocks = code_blocks(ROOT / name)
    targets = re.findall(r"^make ([a-z-]+)", blocks, re.M)
    commands = re.findall(r"qingtian ([a-z0-9]+)", blocks)
    assert targets == ["demo", "test"]
    assert set(targets) <= MAKE_TARGETS
    assert commands
    assert set(commands) <= set(COMMANDS)


def test_the_two_readmes_have_the_same_commands_and_pages() -> None:
    english, chinese = (ROOT / name for name in ("README.md", "README.zh-CN.md"))

    def commands(path: Path) -> list[str]:
        return [line.split("#")[0].strip() for line in code_blocks(path).splitlines()]

    def pages(path: Path) -> set[str]:
        linked = re.findall(r"\]\((docs/[^)#]+)", path.read_text("utf-8"))
        return {link for link in linked if not link.endswith(".png")}  # screenshots are in the reader's language

    assert commands(english) == commands(chinese)
    assert pages(english) == pages(chinese)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_local_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_the_makefile_has_the_promised_targets() -> None:
    assert {"demo", "test", "lint", "types", "fix", "ui", "docs", "bench", "clean"} <= MAKE_TARGETS


def test_ci_runs_what_a_developer_runs() -> None:
    assert "exec make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_core_has_at_most_fifteen_dependencies_each_with_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("\ndependencies = [\n")[1].split("\n]")[0].splitlines()
    assert len(block) <= 15
    assert all(re.search(r"\",\s+# \S", line) for line in block)
