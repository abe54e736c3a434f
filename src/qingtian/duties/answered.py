"""Which rows of outlets the judgements on record do not rest on yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question
from qingtian.duties.emission_hour import OXYGEN, judged_pollutants, plain
from qingtian.duties.sites import Site
from qingtian.telemetry.store.port import Observation

SiteHour = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judgement rests on.

    Args:
        version, origin: of the pollutant's row.
        oxygen: oxygen used, as text; None where there was none.
        converted: whether the value is judged at the reference oxygen.
    """

    known_at: datetime
    version: int | None
    origin: str | None
    oxygen: str | None
    converted: bool

    def rests_on(self, row: Observation) -> bool:
        """Whether the pollutant's row is the one that was judged."""
        return (self.version, self.origin) == (row.version, row.origin.value)

    def used_oxygen(self, row: Observation) -> bool:
        """Whether an oxygen row changes nothing."""
        return not self.converted or (self.oxygen == plain(row.value) and row.received_at <= self.known_at)


def unanswered(outlets: Mapping[str, Site], rows: Sequence[Observation]) -> Iterable[Observation]:
    """Rows of judged pollutants, and of the oxygen that converts them, which no current judgement rests on.

    Other parameters (flow, temperature) decide nothing.

    Args:
        outlets: outlets by code.
        rows: rows of outlets.
    """
    judged = {code: judged_pollutants(site) for code, site in outlets.items()}
    known = _known(outlets, rows)
    for row in rows:
        answers = known.get((row.site, row.period_start), {})
        if row.pollutant in judged[row.site]:
            if row.pollutant not in answers or not answers[row.pollutant].rests_on(row):
                yield row
        elif row.pollutant == OXYGEN and not all(one.used_oxygen(row) for one in answers.values()):
            yield row


def _known(outlets: Mapping[str, Site], rows: Sequence[Observation]) -> dict[SiteHour, dict[str, Answer]]:
    known: dict[SiteHour, dict[str, Answer]] = {}
    hours = {row.period_start for row in rows}
    if not hours:
        return known
    codes = {site.object.pk: code for code, site in outlets.items()}
    answers = Judgement.objects.current().filter(question=Question.EMISSION_LIMIT, period_start__in=hours)
    columns = ("inputs__version", "coverage__origin", "inputs__oxygen", "inputs__reference_o2")
    for object_id, hour, item, known_at, version, origin, oxygen, reference in answers.values_list(
        "object_id", "period_start", "item", "known_at", *columns
    ):
        if object_id in codes:
            answer = Answer(known_at, version, origin, oxygen, reference is not None)
            known.setdefault((codes[object_id], hour), {})[item] = answer
    return known
