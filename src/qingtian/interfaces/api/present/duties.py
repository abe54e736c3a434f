"""Standing duties, their templates, and the strip of rates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.journal.queries import history
from qingtian.apps.obligations.models import Obligation, Occurrence
from qingtian.apps.obligations.naming import obligation_title, template_name, template_of, templates_on
from qingtian.apps.obligations.queries import (
    Load,
    Wanted,
    load_by_obligation,
    occurrences,
    tallies,
    visible_obligation,
)
from qingtian.domain.obligations import (
    SETTLED,
    ObligationTemplate,
    Rate,
    RhythmKind,
    Tally,
    attendance,
    delay_figures,
    parse_rhythm,
)
from qingtian.interfaces.api.obligation_filters import CalendarQuery, DutyFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.occurrences import form_of, month_of, occurrence_rows, scope_of
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.obligations import (
    DutyDetail,
    DutyPage,
    DutyRates,
    ObligationTemplateOut,
    RateOut,
    RatesOut,
    StandingDutyOut,
    TemplateRatesOut,
    TrainingOut,
)
from qingtian.runtime.clock import SHANGHAI

SORTABLE = {"template": "template", "object": "object__code", "since": "since", "item": "item"}
PUBLICATION, TRAINING = "PUB", "TRAIN"
SHOWN = 200  # occurrences on the page of a duty
NOTHING = Load(0, 0, 0)


def templates(now: datetime) -> list[ObligationTemplateOut]:
    """Recurring duties that hold in the city today."""
    return [_template(one) for one in templates_on(now.astimezone(SHANGHAI).date()).values()]


def duty_page(actor: Actor, now: datetime, filters: DutyFilters) -> DutyPage:
    """A page of standing duties."""
    rows = _duties(actor, now, filters)
    page, total = paged_rows(rows, filters, SORTABLE)
    groups = sorted({one.group for one in templates_on(now.astimezone(SHANGHAI).date()).values()})
    return DutyPage(
        items=duty_rows(page, now), total=total, page=filters.page, page_size=filters.page_size, groups=groups
    )


def duty_rows(rows: Iterable[Obligation], now: datetime) -> list[StandingDutyOut]:
    """Standing duties with what is open of them: one query more, whatever their number."""
    listed = list(rows)
    names = PlaceNames(row.object for row in listed)
    loads = load_by_obligation(listed, now)
    return [_duty(row, names, loads.get(row.pk, NOTHING), now) for row in listed]


def duty_detail(actor: Actor, now: datetime, obligation_id: int) -> DutyDetail:
    """A standing duty with its history.

    Raises:
        NotVisible: there is none.
    """
    row = visible_obligation(actor, obligation_id)
    template = template_of(row.template, now.astimezone(SHANGHAI).date())
    own = occurrences(actor, Wanted(obligation=row.pk), now)
    place = row.object
    manages = may(actor, Verb.SET_UP_OBLIGATION, region_code=place.region_code, enterprise_code=place.enterprise_code)
    return DutyDetail(
        **duty_rows([row], now)[0].model_dump(),
        set_up_by=row.set_up_by,
        set_up_at=row.set_up_at,
        standard=template.standard if template else "",
        clause=template.clause if template else "",
        source=template.source if template else "",
        confidence=template.confidence if template else "",
        note=template.note if template else "",
        rates=rates_out(_whole(own)),
        occurrences=occurrence_rows(own.order_by("-due_at", "-id")[:SHOWN], now),
        events=events_out(history("obligation", row.pk)),
        may_end=manages and row.until is None and row.origin == "hand",
        may_record_event=manages and row.until is None and row.rhythm == RhythmKind.EVENT,
    )


def rates(actor: Actor, now: datetime, query: CalendarQuery) -> DutyRates:
    """Rates of what is due in a month, by template, with training and upload apart."""
    month = month_of(query.month, now)
    rows = occurrences(actor, scope_of(query, month), now)
    counted = tallies(rows)
    publication = counted.pop(PUBLICATION, Tally())
    delays = _upload_minutes(rows)
    found = delay_figures(delays)
    return DutyRates(
        month=f"{month.first:%Y-%m}",
        first=month.first,
        last=month.last,
        all=rates_out(_sum(counted.values())),
        publication=rate_out(publication.completion),
        templates=[_of_template(code, one, now) for code, one in sorted(counted.items())],
        training=_training(rows),
        upload_median_h=_hours(found[0]) if found else None,
        upload_p95_h=_hours(found[1]) if found else None,
    )


def rates_out(found: Tally) -> RatesOut:
    """Rates of a tally."""
    return RatesOut(
        due=found.due,
        planned=found.planned,
        done=found.done,
        late=found.late,
        missed=found.missed,
        waived=found.waived,
        completion=rate_out(found.completion),
        on_time=rate_out(found.on_time),
        coverage=rate_out(found.coverage),
    )


def rate_out(found: Rate) -> RateOut:
    """A share with its parts."""
    return RateOut(part=found.part, whole=found.whole, percent=None if found.percent is None else str(found.percent))


def _of_template(code: str, found: Tally, now: datetime) -> TemplateRatesOut:
    name = template_name(code, now.astimezone(SHANGHAI).date())
    return TemplateRatesOut(template=code, name_zh=name.zh, name_en=name.en, **rates_out(found).model_dump())


def _training(rows: QuerySet[Occurrence]) -> TrainingOut:
    held = list(rows.filter(template=TRAINING, state__in=SETTLED))
    lists = [one.fields["persons"] for one in held if one.fields.get("persons")]
    _, persons = attendance(lists)
    came = sum(int(Decimal(str(one.fields.get("attended") or 0))) for one in held)
    return TrainingOut(sessions=len(held), attendances=came, persons=persons, with_list=len(lists))


def _upload_minutes(rows: QuerySet[Occurrence]) -> list[int]:
    """Minutes from the end of each sampling to its upload, of everything that names its sampling time."""
    done = rows.filter(state__in=SETTLED, fields__has_key="sampled_at").values_list("fields", "told_at")
    found = []
    for fields, told_at in done:
        arrived = datetime.fromisoformat(fields["uploaded_at"]) if fields.get("uploaded_at") else told_at
        if arrived is None:  # fulfilled, yet nobody told of it: no upload to measure
            continue
        late = arrived - datetime.fromisoformat(fields["sampled_at"])
        found.append(max(0, late // timedelta(minutes=1)))
    return found


def _hours(minutes: Decimal) -> str:
    return f"{minutes / MINUTES:.1f}"


MINUTES = 60


def _whole(rows: QuerySet[Occurrence]) -> Tally:
    return _sum(tallies(rows).values())


def _sum(parts: Iterable[Tally]) -> Tally:
    names = ("planned", "done", "late", "missed", "waived")
    listed = list(parts)
    return Tally(**{name: sum(getattr(one, name) for one in listed) for name in names})


def _duties(actor: Actor, now: datetime, filters: DutyFilters) -> QuerySet[Obligation]:
    exact = {
        "template": filters.template,
        "group": filters.group,
        "object__region_code__startswith": region_prefix(filters.region or "") or None,
        "object__enterprise_code": filters.enterprise,
        "object__code": filters.object,
    }
    rows = Obligation.objects.visible_to(actor).filter(**{name: value for name, value in exact.items() if value})
    holds = Q(until=None) | Q(until__gt=now.astimezone(SHANGHAI).date())
    if filters.ended is not None:
        rows = rows.exclude(holds) if filters.ended else rows.filter(holds)
    if word := (filters.q or "").strip():
        places = ("item", "object__code", "object__name", "object__name_en", "object__enterprise_code")
        found = Q()
        for place in places:
            found |= Q(**{f"{place}__icontains": word})
        rows = rows.filter(found)
    return rows.select_related("object", "basis").order_by("template", "object__code", "item", "id")


def _duty(row: Obligation, names: PlaceNames, load: Load, now: datetime) -> StandingDutyOut:
    title = obligation_title(row, now.astimezone(SHANGHAI).date())
    zh, en = parse_rhythm(row.rhythm).words()
    return StandingDutyOut(
        id=row.pk,
        template=row.template,
        item=row.item,
        group=row.group,
        title_zh=title.zh,
        title_en=title.en,
        object=names.place(row.object),
        basis=row.basis.code if row.basis is not None else "",
        rhythm=row.rhythm,
        rhythm_zh=zh,
        rhythm_en=en,
        since=row.since,
        until=row.until,
        origin=row.origin,
        ground=row.ground,
        open=load.open,
        overdue=load.overdue,
        missed=load.missed,
        simulated=row.simulated,
    )


def _template(one: ObligationTemplate) -> ObligationTemplateOut:
    zh, en = parse_rhythm(one.rhythm).words() if one.rhythm else ("", "")
    return ObligationTemplateOut(
        code=one.code,
        row_id=one.row_id,
        rule_version=one.rule_version,
        group=one.group,
        name_zh=one.name_zh,
        name_en=one.name_en,
        rhythm=one.rhythm,
        rhythm_zh=zh,
        rhythm_en=en,
        automatic=bool(one.proof.data),
        files=one.proof.files,
        fields=form_of(one),
        by_hand=not one.applies.types and not one.trigger.after,
        standard=one.standard,
        clause=one.clause,
        source=one.source,
        confidence=one.confidence,
        unverified=one.unverified,
        retain_years=one.retain_years,
        note=one.note,
    )
