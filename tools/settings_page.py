"""Write docs/settings.md from the settings themselves (`make docs`); a test holds the two together."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic_core import PydanticUndefined

from qingtian.runtime.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

One file, `qingtian.toml` (or the file named by `QINGTIAN_CONFIG`), or environment variables `QINGTIAN_<NAME>`; the
environment beats the file. Settings are checked at start; an error names the key and the remedy. `qingtian check` looks at
the rest of the deployment. This page is made from the code by `make docs`.

| setting | default | meaning |
|---|---|---|
"""
FOOT = """
## Production

```toml
mode = "production"
https = true                      # behind a TLS proxy
secret_key = "..."                # python -c "import secrets; print(secrets.token_urlsafe(48))"
allowed_hosts = ["air.example.cn"]
data_dir = "/srv/qingtian"
# database_url = "postgresql://qingtian:...@db.example.cn/qingtian"   # empty: the embedded PostgreSQL 18
```

Production mode refuses the development secret, a secret under 40 characters, and plain HTTP.
"""


def rendered() -> str:
    """The page as it should be."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is PydanticUndefined else field.default
        shown = json.dumps(default, default=str) if not isinstance(default, Path) else f'"{default}"'
        rows.append(f"| `{name}` | `{shown}` | {field.description} |\n")
    return HEAD + "".join(rows) + FOOT


if __name__ == "__main__":
    PAGE.write_text(rendered(), "utf-8")
