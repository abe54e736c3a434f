"""Cases and command: p95 of lists, boards and pages, embedded and on a server; how many queries each makes.

python -m bench cases [--cases 20000] [--events 200000] [--rounds 40] [--only embedded|server]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WARM = 2  # rounds before the measured ones
PEOPLE = 50
MOST_MS = 200  # what issues 6 and 7 ask for, p95
ROUTES = {
    "list": "/cases?page_size=50",
    "list, open and overdue": "/cases?view=overdue&page_size=50",
    "list, filters": "/cases?template=T1&severity=4&region=420107&page_size=50",
    "list, by cursor": "/cases?page_size=50&cursor={cursor}",
    "list, text": "/cases?q=样例事项 77&page_size=50",
    "board": "/cases/board?template=T1",
    "map": "/cases/map?open=true&limit=2000",
    "page": "/cases/{case}",
    "to-do": "/todo?page_size=50",
    "to-do, everybody's": "/todo?scope=all&page_size=50",
    "to-do, late": "/todo?scope=all&urgency=breached&page_size=50",
    "to-do, four lengths": "/todo/tabs",
    "week of rates": "/board?day=2025-11-19",
    "week, by leader": "/board?day=2025-11-19&by=leader",
    "cases behind a rate": "/board/cases?day=2025-11-19&rate=on_time&page_size=50",
    "dispatch": "/dispatch?limit=200",
    "dispatch, who": "/dispatch/candidates?case={case}",
}


def main() -> None:
    """Run both databases, each in a process of its own."""
    options = _options()
    if options.inside:
        _inside(options)
        return
    print(f"{options.cases:,} cases, {options.events:,} events, {options.rounds} rounds; asked: p95 < {MOST_MS} ms")
    for kind in ("embedded", "server"):
        if options.only in ("", kind):
            _print(kind, _measured(kind, options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench cases", description="Lists, boards and pages of cases.")
    parser.add_argument("area", nargs="*")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", choices=["embedded", "server"], default="")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measured(kind: str, options: argparse.Namespace) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="qt-bench-"))
    try:
        if kind == "embedded":
            return _child(folder, options, {})
        from tests.telemetry.servers import running_server

        with running_server() as url:
            return _child(folder, options, {"QINGTIAN_DATABASE_URL": url})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child(folder: Path, options: argparse.Namespace, more: dict[str, str]) -> dict[str, object]:
    settings = {"QINGTIAN_DATA_DIR": str(folder), "QINGTIAN_MODE": "dev"}
    settings |= {"DJANGO_SETTINGS_MODULE": "qingtian.runtime.django_settings"}
    command = [sys.executable, "-m", "bench.cases.run", "--inside", f"--cases={options.cases}"]
    command += [f"--events={options.events}", f"--rounds={options.rounds}"]
    run = subprocess.run(command, env=os.environ | settings | more, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr[-4000:])
    found: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return found


def _print(kind: str, found: dict[str, object]) -> None:
    print(f"\n{kind}: filled in {found['filled_s']} s")
    print(f"  {'':24}{'median':>9}{'p95':>9}{'own CPU':>9}{'queries':>9}")
    for name, row in found["routes"].items():  # type: ignore[attr-defined]
        slow = "" if row["p95"] < MOST_MS else "   <- over"
        print(f"  {name:24}{row['median']:>6.0f} ms{row['p95']:>6.0f} ms{row['cpu']:>6.0f} ms{row['queries']:>9}{slow}")


def _inside(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import override_settings

    from qingtian.apps.accounts.models import RoleGrant, User
    from qingtian.cli.serve import load_pages
    from qingtian.runtime.heap import keep_packs
    from qingtian.runtime.settings import get_settings

    call_command("migrate", verbosity=0)
    from bench.cases.fill import fill

    started = time.perf_counter()
    fill(options.cases, options.events)
    filled = time.perf_counter() - started
    user = User.objects.create_user("bench")
    for role in ("supervisor", "handler", "inspector"):
        RoleGrant.objects.create(user=user, role=role, region_code="420100")
    for number in range(PEOPLE):  # the names that `fill` puts in charge
        one = User.objects.create_user(f"person{number}")
        RoleGrant.objects.create(user=one, role="handler", region_code="420100")
    client = Client()
    client.force_login(user)
    load_pages()  # as `qingtian serve` does before the first request
    keep_packs()
    with override_settings(ALLOWED_HOSTS=["*"], DEBUG=False):
        routes = {name: _one(client, path, options) for name, path in ROUTES.items()}
    if not get_settings().database_url:
        from qingtian.runtime.postgres import stop_postgres

        stop_postgres(get_settings())
    print(json.dumps({"filled_s": round(filled, 1), "routes": routes}))


def _one(client: object, path: str, options: argparse.Namespace) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from qingtian.apps.cases.models import Case

    first = Case.objects.order_by("id").values_list("pk", flat=True)[0]
    times, cursor, spent = [], "", 0.0
    for number in range(options.rounds + WARM):
        if number == WARM:
            spent = time.process_time()
        case = first + (number * 4099) % options.cases
        if "{cursor}" in path and not cursor:
            cursor = client.get("/api/v1/cases?page_size=50").json()["next_cursor"]  # type: ignore[attr-defined]
        url = "/api/v1" + path.replace("{case}", str(case)).replace("{cursor}", cursor)
        begun = time.perf_counter()
        answer = client.get(url)  # type: ignore[attr-defined]
        times.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status_code} {answer.content[:500]!r}")
        if "{cursor}" in path:
            cursor = answer.json()["next_cursor"] or ""
    spent = 1000 * (time.process_time() - spent) / options.rounds
    with CaptureQueriesContext(connection) as queries:
        client.get(url)  # type: ignore[attr-defined]
    warm = sorted(times[WARM:])  # the first ones load the packs
    return {
        "median": statistics.median(warm),
        "p95": warm[min(len(warm) - 1, int(0.95 * len(warm)))],
        "cpu": spent,
        "queries": len(queries),
    }


if __name__ == "__main__":
    main()
