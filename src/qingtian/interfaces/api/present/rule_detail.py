"""One row of the packs: its meaning, its other editions, what it overrides and who uses it."""

from __future__ import annotations

from django.db.models import Count

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import Finding
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.domain.standards import RuleRow
from qingtian.interfaces.api.present.rule_words import meaning
from qingtian.interfaces.api.present.rules import all_rules, tables_by_row
from qingtian.interfaces.api.schemas.rules import RuleDetail, RuleEditionOut, RuleOut, RuleUseCount, UseOut
from qingtian.packs import load_packs
from qingtian.packs.touches import uses_of

# Kinds whose rows decide stored judgements: only of them a recomputation can tell what would change.
TRYABLE = frozenset(
    {
        "aqi_breakpoint",
        "aqi_category",
        "aqi_edition",
        "air_statistic",
        "emission_limit",
        "data_validity",
        "data_mark",
        "detection_rule",
    }
)


def rule_detail(actor: Actor, row_id: str) -> RuleDetail:
    """A row with everything that hangs on it.

    Raises:
        NotVisible: there is no such row.
    """
    listed = next((one for one in all_rules() if one.row_id == row_id), None)
    if listed is None:
        raise NotVisible(f"there is no pack row {row_id}", field="row_id", remedy="see the list of rules")
    row = next((one for one in load_packs().rows() if one.row_id == row_id), None)
    told = meaning(row) if row is not None else None
    return RuleDetail(
        **listed.model_dump(),
        meaning_zh=told.zh if told else listed.title_zh,
        meaning_en=told.en if told else listed.title_en,
        uses=[UseOut(code=use.code, zh=use.zh, en=use.en) for use in uses_of(listed.kind)],
        used_by=_used_by(actor, row_id),
        editions=_editions(row) if row is not None else [],
        overridden_by=[one.row_id for one in all_rules() if row_id in one.overrides],
        tryable=listed.kind in TRYABLE,
    )


def _editions(row: RuleRow) -> list[RuleEditionOut]:
    packs = load_packs()
    table = tables_by_row(packs)[row.row_id]
    by_id = {one.row_id: one for one in all_rules()}
    same = [one for one in packs.of(table) if one.row_id != row.row_id and table.key(one) == table.key(row)]
    return [_edition(by_id[one.row_id]) for one in sorted(same, key=lambda one: (one.valid_from, one.region))]


def _edition(row: RuleOut) -> RuleEditionOut:
    return RuleEditionOut(**{name: getattr(row, name) for name in RuleEditionOut.model_fields})


def _used_by(actor: Actor, row_id: str) -> list[RuleUseCount]:
    rows = Judgement.objects.visible_to(actor).current().filter(rule_row=row_id)
    by_question = rows.values("question").annotate(count=Count("id")).order_by("question")
    found = [RuleUseCount(what=f"judgements.{one['question']}", count=one["count"]) for one in by_question]
    findings = Finding.objects.visible_to(actor).filter(detail__rule_row=row_id).count()
    permits = (
        RegistryObject.objects.visible_to(actor)
        .filter(attributes__permit_limits__contains=[{"rule_row": row_id}])
        .count()
    )
    return found + [
        RuleUseCount(what=what, count=count) for what, count in (("findings", findings), ("permits", permits)) if count
    ]
