"""The published contract: `python -m qingtian.interfaces.api.contract > docs/api/openapi.json`."""

from __future__ import annotations

import json
import os
import sys


def contract_text() -> str:
    """The OpenAPI document of the live API, in a stable order of keys."""
    from qingtian.interfaces.api.application import api

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def main() -> None:
    """Print the contract; needs no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_base")
    import django

    django.setup()
    sys.stdout.write(contract_text())


if __name__ == "__main__":
    main()
