"""The published contract: `python -m qingtian.interfaces.api.contract > docs/api/openapi.json`."""

from __future__ import annotations

import json
import os
import sys

# The stream is no JSON route, so the API framework does not know it.
LIVE = {
    "operationId": "live_stream",
    "summary": "Live updates as server-sent events",
    "description": "Events hello, heartbeat, observations, judgements, findings, cases, clock; data {topic, ids, at}.",
    "tags": ["live"],
    "responses": {
        "200": {"description": "The stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        "401": {
            "description": "Unauthorized",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}},
        },
        "503": {
            "description": "Too many streams",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}},
        },
    },
}


def contract_text() -> str:
    """The OpenAPI document of the live API, in a stable order of keys."""
    from qingtian.interfaces.api.application import api

    schema = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    schema["paths"] = {**schema["paths"], "/api/v1/live": {"get": LIVE}}
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


def main() -> None:
    """Print the contract; needs no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_base")
    import django

    django.setup()
    sys.stdout.write(contract_text())


if __name__ == "__main__":
    main()
