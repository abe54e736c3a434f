"""What a restored deployment answers, in words that every release since c3d1d98 has; prints JSON.

Run by the upgrade drill in a process of the deployment; the expected answers were printed by the release itself.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import django

django.setup()

from qingtian.apps.cases.models import Case  # noqa: E402  Django first
from qingtian.apps.evidence.content_store import content_store  # noqa: E402
from qingtian.apps.evidence.models import EvidenceItem  # noqa: E402
from qingtian.apps.findings.models import Finding  # noqa: E402
from qingtian.apps.journal.verify import verify_journal  # noqa: E402
from qingtian.apps.judgements.models import Judgement  # noqa: E402
from qingtian.apps.registry.models import RegistryObject  # noqa: E402
from qingtian.runtime.clock import SHANGHAI  # noqa: E402
from qingtian.runtime.settings import get_settings  # noqa: E402
from qingtian.telemetry.spool import read_all, spool_path, verify  # noqa: E402
from qingtian.telemetry.store import Cycle, open_store  # noqa: E402

FROM, TO = datetime(2025, 11, 20, tzinfo=SHANGHAI), datetime(2025, 11, 30, tzinfo=SHANGHAI)
CYCLES = (Cycle.REALTIME, Cycle.MINUTE, Cycle.HOUR)


def digest(rows: list[Any]) -> list[Any]:
    """How many rows, and one hash over all of them."""
    text = json.dumps(rows, ensure_ascii=False, default=str)
    return [len(rows), hashlib.sha256(text.encode()).hexdigest()]


def times(rows: Any) -> list[list[str]]:
    return [[value.isoformat() if isinstance(value, datetime) else str(value) for value in row] for row in rows]


def answers() -> dict[str, Any]:
    store = open_store(get_settings(), read_only=True)
    windows = {cycle: store.window(cycle, FROM, TO) for cycle in CYCLES}
    spool = spool_path(get_settings().data_dir)
    chain, report, content = verify_journal(), verify(spool), content_store()
    found: dict[str, Any] = {
        f"rows {cycle.value}": digest(
            [
                [
                    *times([[one.site, one.pollutant, one.period_start, one.value, one.mark, one.version]])[0],
                    one.frame_hash,
                ]
                for one in sorted(rows, key=lambda one: (one.site, one.pollutant, one.period_start, one.origin))
            ]
        )
        for cycle, rows in windows.items()
    }
    site = min(one.site for one in windows[Cycle.HOUR] if one.pollutant == "a34004")
    found |= {
        "percentile": str(store.percentile(site, "a34004", Cycle.HOUR, FROM, TO, fraction=Decimal("0.9"))),
        "latest": digest(sorted(times([one.site, one.pollutant, one.cycle, one.value] for one in store.latest()))),
        "frames": digest([record.sha256 for record in read_all(spool)]),
        "spool whole": report.ok,
        "journal": [chain.intact, chain.events, chain.head],
        "evidence": times(EvidenceItem.objects.order_by("id").values_list("position", "hash", "prev_hash", "sha256")),
        "files": sorted([path.name, content.digest(path.name)] for path in content.folder.rglob("*") if path.is_file()),
        "judgements": digest(times(Judgement.objects.order_by("id").values_list("id", "verdict", "content_hash"))),
        "findings": times(
            Finding.objects.order_by("number").values_list(
                *("number", "rule_id", "parameter", "confirmation", "activity", "status", "first_seen", "last_seen")
            )
        ),
        "cases": times(Case.objects.order_by("number").values_list("number", "state", "object__code")),
        "register": digest(times(RegistryObject.objects.order_by("code", "id").values_list("type", "code", "name"))),
    }
    store.close()
    return found


if __name__ == "__main__":
    print(json.dumps(answers(), ensure_ascii=False, indent=1))
