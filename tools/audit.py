"""Ask the registries for known holes in what we ship (`make audit`): red for a hole, a clear line where nobody answers.

What the platform depends on at run time is asked for, in the versions that are installed here; tools of tests are not shipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("ui", "files", "access", "mqtt", "s3", "cluster", "reports")
WAIT_S = 240
# Holes that do not touch us: the id and why. Look at each of them again with every release.
KNOWN: dict[str, str] = {}
SEVERE = ("high", "critical")


def shipped() -> dict[str, str]:
    """Everything that the platform needs at run time, with the version that is installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    first = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    found: dict[str, str] = {}
    _follow(first, ("",), found)
    return found


def _follow(lines: Iterable[str], extras: tuple[str, ...], found: dict[str, str]) -> None:
    for line in lines:
        wanted = Requirement(line)
        needed = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras)
        name = canonicalize_name(wanted.name)
        if not needed or name in found:
            continue
        try:
            held = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # of another platform
        found[name] = held.version
        _follow(held.requires or (), ("", *wanted.extras), found)


@dataclass(frozen=True)
class Told:
    """What a registry knows.

    Args:
        looked_at: packages that it knows anything about; without any it did not answer.
        left_out: packages that it could not say anything about.
        holes: one line each.
    """

    looked_at: int
    left_out: int
    holes: list[str]


def of_python(answer: dict[str, Any] | None) -> Told:
    """What `pip-audit` says, holes that do not touch us left out."""
    rows = (answer or {}).get("dependencies", [])
    told = [row for row in rows if "skip_reason" not in row]
    holes = [
        f"{row['name']} {row['version']}: {hole['id']}, mended in {', '.join(hole.get('fix_versions') or ['none yet'])}"
        for row in told
        for hole in row.get("vulns", ())
        if not {hole["id"], *hole.get("aliases", ())} & set(KNOWN)
    ]
    return Told(len(told), len(rows) - len(told), holes)


def of_browser(answer: dict[str, Any] | None) -> Told:
    """What `npm audit` says; only what is high or critical counts."""
    rows = (answer or {}).get("vulnerabilities", {}).values()
    holes = [f"{row['name']} {row['range']}: {row['severity']}" for row in rows if row["severity"] in SEVERE]
    counted = (answer or {}).get("metadata", {}).get("dependencies", {}).get("total", 0)
    return Told(int(counted), 0, holes)


def ask_python() -> Told:
    """Ask PyPI for what we ship."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{name}=={version}\n" for name, version in sorted(shipped().items())))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "--requirement", file.name, "--no-deps", "--disable-pip"]
        return of_python(_asked([*command, "--format", "json", "--progress-spinner", "off", "--timeout", "10"]))


def ask_browser() -> Told:
    """Ask npm for what the web bundle is made of."""
    sys.path.insert(0, str(ROOT / "tools"))
    import ui

    home = ui.node_home()
    node, client = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return of_browser(_asked([str(node), str(client), "audit", "--omit=dev", "--json"], folder=ui.UI))


def _asked(command: list[str], folder: Path = ROOT) -> dict[str, Any] | None:
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=WAIT_S, check=False
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return answer


def line(registry: str, told: Told) -> str:
    """What a person reads."""
    if not told.looked_at:
        return f"audit: {registry} does not answer, its packages were NOT looked at\n"
    left = f", {told.left_out} package(s) could NOT be looked at" if told.left_out else ""
    head = f"audit: {registry} knows of {len(told.holes)} hole(s) in {told.looked_at} package(s){left}\n"
    return head + "".join(f"  {one}\n" for one in told.holes)


def main() -> int:
    """Ask both registries; 1 when there is a hole, 0 also where nobody answers."""
    answers = {"PyPI": ask_python(), "npm": ask_browser()}
    print("".join(line(name, told) for name, told in answers.items()), end="")
    return 1 if any(told.holes for told in answers.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
