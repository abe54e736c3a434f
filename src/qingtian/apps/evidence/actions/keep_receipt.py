"""Verb: write down that a daily root was kept at another place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.evidence.models import AnchorReceipt, DailyRoot
from qingtian.apps.journal.record import record, writing
from qingtian.domain.evidence import canonical_json


def keep_receipt(
    actor: Actor, at: datetime, root: DailyRoot, *, target: str, place: str, receipt: Mapping[str, Any]
) -> AnchorReceipt:
    """Keep the receipt of one target for one root; the same again changes nothing.

    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.ANCHOR_EVIDENCE)
    plain = json.loads(canonical_json(receipt))
    with writing():
        held = AnchorReceipt.objects.filter(daily_root=root, target=target).first()
        if held is not None:
            return held
        row = AnchorReceipt.objects.create(daily_root=root, target=target, place=place[:300], at=at, receipt=plain)
        payload = {"number": root.number, "target": target, "place": place[:300]}
        record(actor, at, "evidence.root_kept", ("daily_root", str(root.number)), payload, role=role)
    return row
