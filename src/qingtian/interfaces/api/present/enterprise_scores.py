"""How an enterprise stands and why: each score with its formula, its parts, its time and what lowers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case, CaseClock
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import AnswerState
from qingtian.apps.indicators.models import DecisionRecord
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, Question, Verdict
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import item_name, occurrence_title
from qingtian.apps.obligations.streams import Stream, streams
from qingtian.apps.registry.listing import Name, objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.domain.indicators.periods import Period
from qingtian.domain.obligations import Rate, State, Transmission
from qingtian.interfaces.api.present.dossier_common import PENALTY
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.enterprise_door import EnterpriseScores, ScoreOut, ScoreReason
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.packs.decisions import decision_table
from qingtian.packs.finding_kinds import kind_names
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.runtime.settings import get_settings

GRADE = "env_credit_grade"
DAYS, YEAR = 30, 365  # what a score looks back at
SHOWN = 8  # reasons of a score
NOTHING = Name("", "")


@dataclass(frozen=True, slots=True)
class Of:
    """Whose scores, seen by whom, when."""

    actor: Actor
    now: datetime
    place: RegistryObject

    def back(self, days: int) -> Period:
        """So many days up to today."""
        today = self.now.astimezone(SHANGHAI).date()
        return Period(today - timedelta(days=days - 1), today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score before it is told.

    Args:
        rate: of shares; None for grades and sums.
        words: of grades and sums.
        reasons: what lowers it, the weightiest first.
    """

    code: str
    name: Name
    formula: Name
    source: Name
    period: Period
    rate: Rate | None = None
    words: Name = NOTHING
    reasons: Sequence[ScoreReason] = field(default_factory=list)


def scores(actor: Actor, now: datetime, code: str) -> EnterpriseScores:
    """Every score of an enterprise.

    Raises:
        NotVisible: there is no such enterprise.
    """
    place = object_by_code(actor, ObjectType.ENTERPRISE, code)
    of = Of(actor, now, place)
    return EnterpriseScores(place=PlaceNames([place]).place(place), scores=[_told(make(of)) for make in MAKERS])


def compliance(of: Of) -> Score:
    """Hours within the limit of those that could be judged."""
    period = of.back(DAYS)
    rows = Judgement.objects.visible_to(of.actor).current()
    judged = rows.filter(
        question=Question.EMISSION_LIMIT,
        verdict__in=DECIDED,
        object__enterprise_code=of.place.code,
        period_start__gte=day_start(period.first),
    )
    whole = judged.count()
    over = judged.filter(verdict=Verdict.EXCEEDS)
    grouped = over.order_by().values("object__name", "object__name_en", "object__code", "item").annotate(n=Count("pk"))
    reasons = [
        _reason(
            f"{one['object__name']} {item_name('', one['item'], period.last).zh}：超标 {one['n']} 小时",
            f"{one['object__name_en'] or one['object__name']} {item_name('', one['item'], period.last).en}: "
            f"{one['n']} hours over the limit",
        )
        for one in sorted(grouped, key=lambda row: (-row["n"], row["object__code"]))
    ]
    return Score(
        code="compliance",
        name=Name("达标率", "hours within the limit"),
        formula=Name("达标小时 / 可判定小时", "hours within the limit / hours judged"),
        source=Name("自动监测小时值的达标判定", "judged hours of automatic monitoring"),
        period=period,
        rate=Rate(whole - over.count(), whole),
        reasons=reasons,
    )


def transmission(of: Of) -> Score:
    """Valid hours of those that were due, approved shutdown taken off."""
    period = of.back(DAYS)
    outlets = list(objects_of(of.actor, ObjectType.OUTLET, enterprise_code=of.place.code))
    found = streams(outlets, period, of.now, telemetry_store()) if outlets else []
    whole = sum((one.total for one in found), Transmission(0, 0))
    lacking = sorted((one for one in found if _lack(one)), key=lambda one: -_lack(one))
    return Score(
        code="transmission",
        name=Name("有效传输率", "valid transmission"),
        formula=Name(
            "有效小时 / 应传小时（均扣除已批准停运）", "valid hours / hours due, approved shutdown taken off both"
        ),
        source=Name("在线数据与停运报备", "online data and announced outages"),
        period=period,
        rate=whole.running,
        reasons=[_missing_hours(one, period.last) for one in lacking],
    )


def duties(of: Of) -> Score:
    """Duties done in time of those that were due."""
    period = of.back(YEAR)
    rows = Occurrence.objects.visible_to(of.actor).filter(
        object__enterprise_code=of.place.code, due_on__gte=period.first, due_on__lte=period.last
    )
    counted = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    done, late, missed = (counted.get(one.value, 0) for one in (State.DONE, State.LATE, State.MISSED))
    bad = rows.filter(state__in=(State.MISSED, State.LATE)).select_related("object").order_by("-due_at", "-id")
    return Score(
        code="duties",
        name=Name("义务按时完成率", "duties done in time"),
        formula=Name("按时完成 / 到期义务（免除的不计）", "done in time / due, waived ones left out"),
        source=Name("义务引擎", "obligation engine"),
        period=period,
        rate=Rate(done, done + late + missed),
        reasons=_counted([_missed(one) for one in bad[:SHOWN]], late + missed),
    )


def answers(of: Of) -> Score:
    """Questions answered before their deadline."""
    period = of.back(YEAR)
    asked = Finding.objects.visible_to(of.actor).filter(
        object__enterprise_code=of.place.code, asked_at__gte=day_start(period.first), answer_due_at__isnull=False
    )
    late = asked.filter(answer_late=True)
    closed = asked.exclude(answer_state__in=(AnswerState.ASKED, AnswerState.REFUSED)) | late
    whole = closed.distinct().count()
    return Score(
        code="answers",
        name=Name("问询按时答复率", "questions answered in time"),
        formula=Name("按时答复 / 已答复或已逾期的问询", "answered in time / answered or overdue"),
        source=Name("发现的企业自证记录", "answers to findings"),
        period=period,
        rate=Rate(whole - late.count(), whole),
        reasons=_counted([_late_answer(one) for one in late.order_by("-answer_due_at", "-id")[:SHOWN]], late.count()),
    )


def clocks(of: Of) -> Score:
    """Legal periods of its cases that were kept."""
    period = of.back(YEAR)
    own = Case.objects.visible_to(of.actor).filter(enterprise_code=of.place.code)
    rows = CaseClock.objects.filter(case__in=own, due_on__gte=period.first, due_on__lte=period.last)
    broken = rows.exclude(breached_at=None)
    listed = broken.select_related("case").order_by("-due_on", "-id")
    return Score(
        code="clocks",
        name=Name("整改与办理按期率", "case periods kept"),
        formula=Name("未超期的期限 / 到期的期限", "periods kept / periods that ended"),
        source=Name("事项引擎的期限", "clocks of the case engine"),
        period=period,
        rate=Rate(rows.count() - broken.count(), rows.count()),
        reasons=_counted([_breached(one) for one in listed[:SHOWN]], broken.count()),
    )


def penalties(of: Of) -> Score:
    """Penalties of the last year and their sum."""
    period = of.back(YEAR)
    rows = Case.objects.visible_to(of.actor).filter(
        template=PENALTY, enterprise_code=of.place.code, opened_at__gte=day_start(period.first)
    )
    decided = [one for one in rows.order_by("-opened_at", "-id") if one.fields.get("decision")]
    fines = sum((Decimal(str(one.fields.get("fine") or 0)) for one in decided), Decimal(0))
    return Score(
        code="penalties",
        name=Name("行政处罚", "penalties"),
        formula=Name("本平台执法事项中已作决定的", "decided enforcement cases of this platform"),
        source=Name("执法事项（T3）", "enforcement cases (T3)"),
        period=period,
        words=Name(f"{len(decided)} 件，罚款 {fines} 元", f"{len(decided)} decided, {fines} CNY"),
        reasons=[
            _reason(
                f"{one.number} {one.title}", f"{one.number} {one.title_en or one.title}", f"/enterprise/cases/{one.pk}"
            )
            for one in decided
        ],
    )


def credit(of: Of) -> Score:
    """The environmental credit grade, where somebody recorded it for this enterprise."""
    period = of.back(YEAR)
    rows = DecisionRecord.objects.visible_to(of.actor).filter(table=GRADE, subject__in=(of.place.code, of.place.name))
    newest = rows.order_by("-decided_at", "-id").first()
    words, reasons = NOTHING, []
    if newest is not None:
        words = _grade(newest)
        reasons = [_reason(newest.explanation_zh, newest.explanation_en)]
    return Score(
        code="credit",
        name=Name("环境信用等级", "environmental credit grade"),
        formula=Name("决策表 env_credit_grade：得分、环境事件、一票否决", "decision table env_credit_grade"),
        source=Name(
            f"{newest.number}，{newest.as_of}" if newest else "评定记录",
            f"{newest.number}, {newest.as_of}" if newest else "recorded decisions",
        ),
        period=period,
        words=words,
        reasons=reasons,
    )


MAKERS: Sequence[Callable[[Of], Score]] = (compliance, transmission, duties, answers, clocks, penalties, credit)


class _Counted(list[ScoreReason]):
    """Reasons that are only the first of more."""

    total: int = 0


def _counted(reasons: Iterable[ScoreReason], total: int) -> _Counted:
    found = _Counted(reasons)
    found.total = total
    return found


def _told(one: Score) -> ScoreOut:
    rate = one.rate
    rated = bool(rate.whole) if rate is not None else bool(one.words.zh)
    return ScoreOut(
        code=one.code,
        name_zh=one.name.zh,
        name_en=one.name.en,
        state="rated" if rated else "no_data",
        part=rate.part if rate else None,
        whole=rate.whole if rate else None,
        percent=None if rate is None or rate.percent is None else str(rate.percent),
        words_zh=one.words.zh,
        words_en=one.words.en,
        formula_zh=one.formula.zh,
        formula_en=one.formula.en,
        source_zh=one.source.zh,
        source_en=one.source.en,
        first=one.period.first,
        last=one.period.last,
        reasons=list(one.reasons[:SHOWN]),
        reasons_total=one.reasons.total if isinstance(one.reasons, _Counted) else len(one.reasons),
    )


def _reason(zh: str, en: str, path: str = "") -> ScoreReason:
    return ScoreReason(zh=zh, en=en, path=path)


def _lack(one: Stream) -> int:
    total = one.total
    return (total.due_h - total.shutdown_h) - (total.received_h - total.received_in_shutdown_h)


def _missing_hours(one: Stream, day: date) -> ScoreReason:
    name, place = item_name("", one.item, day), one.object
    return _reason(
        f"{place.name} {name.zh}：缺 {_lack(one)} 个有效小时",
        f"{place.name_en or place.name} {name.en}: {_lack(one)} valid hours are missing",
    )


def _missed(one: Occurrence) -> ScoreReason:
    title = occurrence_title(one)
    zh, en = ("逾期完成", "done late") if one.state == State.LATE else ("未履行", "missed")
    return _reason(
        f"{title.zh}：{zh}（{one.due_on}）", f"{title.en}: {en} ({one.due_on})", f"/enterprise/duties/{one.pk}"
    )


def _late_answer(one: Finding) -> ScoreReason:
    zh, en = kind_names(one.kind)
    return _reason(
        f"{one.number} {zh}：逾期未答或迟答",
        f"{one.number} {en}: answered late or not at all",
        f"/enterprise/findings/{one.pk}",
    )


def _breached(one: CaseClock) -> ScoreReason:
    case = one.case
    return _reason(
        f"{case.number} {case.title}：{one.due_on} 到期后仍未完成",
        f"{case.number} {case.title_en or case.title}: not done by {one.due_on}",
        f"/enterprise/cases/{case.pk}",
    )


def _grade(one: DecisionRecord) -> Name:
    value = one.outcome.get("grade", "")
    table = decision_table(load_packs(), GRADE, one.as_of, get_settings().city_code)
    choices = next((output.choices for output in table.outputs if output.name == "grade"), ())
    found = next((choice for choice in choices if choice.value == value), None)
    return Name(found.label_zh, found.label_en) if found else Name(value, value)
