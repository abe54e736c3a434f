"""A file of self-monitoring results: its columns, its cells, the dated duty that each row belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.obligations import OPEN
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

TEMPLATE = "SM"  # the duty to sample by hand
MOST_ROWS = 2_000  # of one file: what one request settles in a few seconds
TIME_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M")


class Column(StrEnum):
    """What a column of the file holds."""

    NUMBER = "number"
    OUTLET = "outlet"
    PARAMETER = "parameter"
    SAMPLED_AT = "sampled_at"
    VALUE = "value"
    UNIT = "unit"
    METHOD = "method"
    LABORATORY = "laboratory"


HEADINGS: Mapping[Column, tuple[str, str]] = {
    Column.NUMBER: ("任务编号", "number"),
    Column.OUTLET: ("排放口编号", "outlet"),
    Column.PARAMETER: ("因子", "parameter"),
    Column.SAMPLED_AT: ("采样结束时间", "sampled_at"),
    Column.VALUE: ("监测结果", "value"),
    Column.UNIT: ("单位", "unit"),
    Column.METHOD: ("监测方法", "method"),
    Column.LABORATORY: ("监测单位", "laboratory"),
}
NEEDED = (Column.SAMPLED_AT, Column.VALUE)


class Cause(StrEnum):
    """Why a row was not taken."""

    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    NO_VALUE = "no_value"
    NO_TASK_NAMED = "no_task_named"
    UNKNOWN_TASK = "unknown_task"
    UNKNOWN_OUTLET = "unknown_outlet"
    UNKNOWN_PARAMETER = "unknown_parameter"
    NOTHING_DUE = "nothing_due"
    ALREADY_DONE = "already_done"
    TWICE = "twice"
    REFUSED = "refused"


WORDS: Mapping[Cause, tuple[str, str, str, str]] = {
    Cause.NO_TIME: ("没有采样结束时间", "no sampling time", "填写采样结束时间", "fill in the end of sampling"),
    Cause.BAD_TIME: (
        "采样结束时间无法识别",
        "the sampling time cannot be read",
        "写成 2025-11-20 10:00",
        "write 2025-11-20 10:00",
    ),
    Cause.NO_VALUE: ("没有监测结果", "no result", "填写结果，未检出写“ND”", "fill in the result; ND for not detected"),
    Cause.NO_TASK_NAMED: (
        "既没有任务编号，也没有排放口和因子",
        "neither a task number nor outlet and parameter",
        "填写任务编号，或排放口与因子",
        "give the number of the task, or outlet and parameter",
    ),
    Cause.UNKNOWN_TASK: (
        "没有这个任务",
        "there is no such task",
        "从模板中取任务编号",
        "take the number from the template",
    ),
    Cause.UNKNOWN_OUTLET: (
        "本企业没有这个排放口",
        "the enterprise has no such outlet",
        "使用登记的排放口编号",
        "use the registered code of the outlet",
    ),
    Cause.UNKNOWN_PARAMETER: (
        "不认识这个因子",
        "the parameter is not known",
        "写因子编码、符号或中文名称",
        "write the code, the symbol or the Chinese name",
    ),
    Cause.NOTHING_DUE: (
        "该排放口和因子在采样日没有待报的监测任务",
        "no task of this outlet and parameter covers the day of sampling",
        "核对采样日期与许可证要求的频次",
        "check the day against the frequency that the permit asks for",
    ),
    Cause.ALREADY_DONE: (
        "该任务已报过结果",
        "the task has its result already",
        "如需更正，请联系承办人退回",
        "ask the official to refuse it first",
    ),
    Cause.TWICE: ("文件里同一任务出现两次", "the file names the task twice", "保留一行", "keep one row"),
    Cause.REFUSED: ("未被接受", "not accepted", "按说明修改", "mend it as told"),
}


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row was not taken.

    Args:
        detail: reason and remedy of the engine, for `refused`.
    """

    line: int
    cause: Cause
    column: Column
    text: str = ""
    detail: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that settled a duty."""

    line: int
    occurrence: Occurrence
    result: str
    over_limit: bool


@dataclass(slots=True)
class ResultsFound:
    """What became of the rows of a file."""

    rows: int = 0
    taken: list[TakenRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)


class Refusal(Exception):
    """A row that cannot be read."""

    def __init__(self, cause: Cause, column: Column, text: str = "") -> None:
        super().__init__(cause)
        self.cause, self.column, self.text = cause, column, text


@dataclass(slots=True)
class Tasks:
    """Dated samplings of an enterprise that can be reported: those that are open, and which were settled.

    Args:
        outlets: of the enterprise by code.
    """

    outlets: dict[str, RegistryObject]
    rows: list[Occurrence]

    @classmethod
    def of(cls, rows: Iterable[Occurrence], outlets: Iterable[RegistryObject]) -> Tasks:
        """Tasks from what the reader may see."""
        return cls({one.code: one for one in outlets}, list(rows))

    def find(self, cells: Mapping[Column, str], sampled_at: datetime) -> Occurrence:
        """The sampling that a row reports.

        Raises:
            Refusal: there is none, or it has its result already.
        """
        if number := cells.get(Column.NUMBER, ""):
            found = next((one for one in self.rows if one.number == number), None)
            if found is None:
                raise Refusal(Cause.UNKNOWN_TASK, Column.NUMBER, number)
            return _open(found, Column.NUMBER, number)
        return self._by_place(cells, sampled_at.astimezone(SHANGHAI).date())

    def _by_place(self, cells: Mapping[Column, str], day: date) -> Occurrence:
        outlet, word = cells.get(Column.OUTLET, ""), cells.get(Column.PARAMETER, "")
        if not outlet or not word:
            raise Refusal(Cause.NO_TASK_NAMED, Column.OUTLET if not outlet else Column.PARAMETER)
        if outlet not in self.outlets:
            raise Refusal(Cause.UNKNOWN_OUTLET, Column.OUTLET, outlet)
        own = [one for one in self.rows if one.object.code == outlet and word in names_of(one.item)]
        if not own and not _known(word):
            raise Refusal(Cause.UNKNOWN_PARAMETER, Column.PARAMETER, word)
        due = [one for one in own if one.period_first <= day <= one.period_last]
        if not due:
            raise Refusal(Cause.NOTHING_DUE, Column.SAMPLED_AT, f"{outlet} {word} {day}")
        return _open(min(due, key=lambda one: (one.state not in OPEN, one.due_at)), Column.SAMPLED_AT, str(day))


def columns_of(header: Iterable[str]) -> tuple[dict[str, Column], list[str]]:
    """What the columns of a file hold, and headings that nobody knows.

    >>> columns_of(["排放口编号", "value", "备注"])
    ({'排放口编号': <Column.OUTLET: 'outlet'>, 'value': <Column.VALUE: 'value'>}, ['备注'])
    """
    names = {word.casefold(): column for column, words in HEADINGS.items() for word in words}
    found = {one: names[one.strip().casefold()] for one in header if one.strip().casefold() in names}
    return found, [one for one in header if one.strip() and one not in found]


def sampling_time(text: str) -> datetime:
    """The end of a sampling; a time without an offset is city time.

    Raises:
        Refusal: there is none, or it cannot be read.
    """
    if not text:
        raise Refusal(Cause.NO_TIME, Column.SAMPLED_AT)
    for form in TIME_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(Cause.BAD_TIME, Column.SAMPLED_AT, text) from error
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found


def names_of(code: str) -> frozenset[str]:
    """What people write for a parameter: its code, its symbol, its names."""
    packs = load_packs()
    if not packs.has_pollutant(code):
        return frozenset({code})
    row = packs.pollutant(code)
    return frozenset(filter(None, (code, row.symbol, row.name_zh, row.name_en)))


def _known(word: str) -> bool:
    return any(word in (row.code, row.symbol, row.name_zh, row.name_en) for row in load_packs().pollutants)


def result_fields(cells: Mapping[Column, str], sampled_at: datetime) -> dict[str, Any]:
    """The proof of a sampling as its template asks for it.

    Raises:
        Refusal: there is no result.
    """
    value = cells.get(Column.VALUE, "")
    if not value:
        raise Refusal(Cause.NO_VALUE, Column.VALUE)
    more = {
        name: cells.get(column, "") for name, column in (("method", Column.METHOD), ("laboratory", Column.LABORATORY))
    }
    told = f"{value} {cells.get(Column.UNIT, '')}".strip()
    return {"sampled_at": sampled_at.isoformat(), "result": told} | {name: text for name, text in more.items() if text}


def above_limit(outlet: RegistryObject, item: str, cells: Mapping[Column, str]) -> bool:
    """Whether a value lies above a limit of the permit for the same unit; what cannot be compared is not above."""
    try:
        value = Decimal(cells.get(Column.VALUE, ""))
    except InvalidOperation:
        return False
    unit = cells.get(Column.UNIT, "")
    limits = outlet.attributes.get("permit_limits") or ()
    same = [one for one in limits if one.get("pollutant") == item and unit and one.get("unit") == unit]
    return value.is_finite() and any(value > Decimal(str(one["limit"])) for one in same)


def _open(row: Occurrence, column: Column, text: str) -> Occurrence:
    if row.state not in OPEN:
        raise Refusal(Cause.ALREADY_DONE, column, text)
    return row
