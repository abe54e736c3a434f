"""A decoded frame in words: every field with its meaning, every deviation with its remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from qingtian.domain.errors import QingtianError
from qingtian.domain.hj212 import Decoded
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.frame_raw import is_secret, masked, parts_of, shown_value
from qingtian.interfaces.api.present.words.frame import (
    ATTRIBUTES,
    DOWNWARD,
    EDITIONS,
    HEADER,
    PARAMETERS,
    SYSTEMS,
    UPWARD,
    command_name,
    value_meaning,
)
from qingtian.interfaces.api.present.words.problems import WARNINGS, Problem, refusal
from qingtian.interfaces.api.present.words.say import NOTHING, Said
from qingtian.interfaces.api.schemas.frames import (
    CrcOut,
    Explained,
    FlagBit,
    FlagOut,
    ItemOut,
    LengthOut,
    ProblemOut,
    ToldField,
    WarningOut,
)
from qingtian.packs import load_packs
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.ingest.loop import units_of
from qingtian.telemetry.ingest.times import parse_time
from qingtian.telemetry.rejects.reasons import OF_CRC, OF_FAULT, RejectReason

DATA_COMMANDS = ("2", "3")  # classes of commands whose frames with values come from a device
ANSWERS_UP = frozenset({"9011", "9012", "9015", "9021", "1013", "1001"})
NOBODY = DeviceProfile(mn="", site="")
CRC_FORMS: Mapping[str, Said] = {
    "": Said("校验码与内容相符", "the check code fits the content"),
    "lower_case": Said(
        "校验码与内容相符，但用小写书写；标准要求大写，宜请厂家改正，可照常接收",
        "the check code fits; it is in lower case where the standard wants capitals: accepted, let the vendor mend it",
    ),
    "short": Said(
        "校验码与内容相符，但省略了前导零；标准要求四位，宜请厂家改正，可照常接收",
        "the check code fits; its leading zeros are missing, four digits are wanted: accepted, let the vendor mend it",
    ),
}


def explain(raw: bytes, decoded: Decoded, profile: DeviceProfile | None, on: date) -> Explained:
    """A frame in words.

    Args:
        raw: its bytes.
        decoded: the same, read.
        profile: what the register says of the sender, when it is registered.
        on: day of the data, for the tables of marks.
    """
    edition = str(profile.edition) if profile is not None else decoded.version.value
    command, direction = command_name(edition, decoded.cn), _direction(decoded)
    by_flag = EDITIONS[decoded.version.value]
    return Explained(
        ok=decoded.ok,
        fault=decoded.fault.value,
        mn=decoded.mn.strip(),
        cn=decoded.cn,
        cn_zh=command.zh,
        cn_en=command.en,
        direction_zh=direction.zh,
        direction_en=direction.en,
        edition=decoded.version.value,
        edition_zh=by_flag.zh,
        edition_en=by_flag.en,
        crc=_crc(decoded),
        length=LengthOut(declared=decoded.length_declared, actual=decoded.length_actual, ok=decoded.length_ok),
        flag=_flag(decoded),
        header=[_field(name, value, HEADER, edition) for name, value in decoded.header.items()],
        params=[_field(name, one, PARAMETERS, edition) for name, one in _flat(decoded.params)],
        items=[_item(code, values, decoded, profile or NOBODY, on) for code, values in decoded.items.items()],
        warnings=[warning_out(code) for code in decoded.warnings],
        problems=[problem_out(code, one) for code, one in own_problems(decoded)],
        data_time=data_time(decoded, profile or NOBODY),
        backfill=decoded.backfill,
        encrypted=decoded.encrypted,
        encoding=decoded.text_encoding,
        parts=parts_of(raw, decoded),
        hex=masked(raw).hex(),
        bytes=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def own_problems(decoded: Decoded) -> Iterable[tuple[str, Problem]]:
    """What is wrong with a frame by itself, whoever sent it."""
    reason = own_reason(decoded)
    if reason is not None:
        problem = refusal(reason)
        yield reason.value, crc_problem(decoded) if reason in OF_CRC.values() else problem
    if not decoded.data_time_valid:
        yield RejectReason.IMPOSSIBLE_TIME.value, refusal(RejectReason.IMPOSSIBLE_TIME)


def own_reason(decoded: Decoded) -> RejectReason | None:
    """Why a frame cannot be believed, judged by its bytes alone; None when it can."""
    if decoded.fault in OF_FAULT:
        return OF_FAULT[decoded.fault]
    if not decoded.crc_ok:
        return OF_CRC.get(decoded.crc_diagnosis, RejectReason.CRC_WRONG)
    if "mn_unusable" in decoded.warnings:
        return RejectReason.MN_UNUSABLE
    return RejectReason.CN_UNUSABLE if not decoded.ok else None


def crc_problem(decoded: Decoded) -> Problem:
    """A wrong check code with what was given and what was computed."""
    problem = refusal(OF_CRC.get(decoded.crc_diagnosis, RejectReason.CRC_WRONG))
    facts = Said("（收到 {given}，应为 {calculated}）", " (given {given}, computed {calculated})").filled(
        given=decoded.crc_given or "-", calculated=decoded.crc_calc
    )
    return problem.told(Said(problem.text.zh + facts.zh, problem.text.en + facts.en))


def problem_out(code: str, problem: Problem) -> ProblemOut:
    """A problem as the API sends it."""
    return ProblemOut(
        code=code,
        severity=problem.severity,
        title_zh=problem.title.zh,
        title_en=problem.title.en,
        text_zh=problem.text.zh,
        text_en=problem.text.en,
        remedy_zh=problem.remedy.zh,
        remedy_en=problem.remedy.en,
    )


def warning_out(code: str) -> WarningOut:
    """A tolerated deviation in words; a new one at least by its name."""
    told = WARNINGS.get(code, Said(code, code.replace("_", " ")))
    return WarningOut(code=code, text_zh=told.zh, text_en=told.en)


def data_time(decoded: Decoded, profile: DeviceProfile) -> datetime | None:
    """DataTime as a moment, by the zone of the device's clock; None when there is none or it names no instant."""
    if not decoded.data_time or not decoded.data_time_valid:
        return None
    return parse_time(decoded.data_time, profile.wire.utc_offset_minutes)


def unit_of(code: str, profile: DeviceProfile) -> tuple[str, str]:
    """Unit of a code as sent, and where it is stated: the register goes before the code table."""
    registered = profile.code_map.get(code, code)
    if unit := profile.units.get(registered) or profile.units.get(code):
        return unit, "register"
    unit = units_of(profile)(registered)
    return (unit, "code_table") if unit else ("", "none")


def _direction(decoded: Decoded) -> Said:
    if decoded.items or decoded.data_time or decoded.cn in ANSWERS_UP:
        return UPWARD
    if decoded.cn.startswith("9"):
        return NOTHING  # 9013 and 9014 go both ways
    return DOWNWARD if decoded.cn else NOTHING


def _crc(decoded: Decoded) -> CrcOut:
    if decoded.crc_ok:
        told = CRC_FORMS[decoded.crc_form]
    else:
        told = refusal(OF_CRC.get(decoded.crc_diagnosis, RejectReason.CRC_WRONG)).text
    return CrcOut(
        given=decoded.crc_given,
        calculated=decoded.crc_calc,
        ok=decoded.crc_ok,
        diagnosis=decoded.crc_diagnosis,
        text_zh=told.zh,
        text_en=told.en,
    )


def _flag(decoded: Decoded) -> FlagOut | None:
    flag = decoded.flag
    if flag is None:
        return None
    edition = EDITIONS[decoded.version.value]
    wanted = Said("需要应答", "an answer is wanted") if flag & 1 else Said("不需要应答", "no answer is wanted")
    split = Said("有拆包总数和包号", "parts are numbered") if flag & 2 else Said("不拆包", "not split")
    bits = [("2-7", flag >> 2, edition), ("1", flag >> 1 & 1, split), ("0", flag & 1, wanted)]
    return FlagOut(
        value=flag,
        bits=[FlagBit(bits=name, value=value, meaning_zh=one.zh, meaning_en=one.en) for name, value, one in bits],
    )


def _field(name: str, value: str, words: Mapping[str, Said], edition: str) -> ToldField:
    meaning = words.get(name, NOTHING)
    note = SYSTEMS.get(value, NOTHING) if name == "ST" else value_meaning(name, value)
    if name == "CN":
        note = command_name(edition, value)
    return ToldField(
        name=name,
        value=shown_value(name, value),
        meaning_zh=meaning.zh,
        meaning_en=meaning.en,
        note_zh=note.zh,
        note_en=note.en,
        masked=is_secret(name),
    )


def _flat(params: Mapping[str, str | list[str]]) -> Iterable[tuple[str, str]]:
    for name, value in params.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def _item(code: str, values: Mapping[str, str], decoded: Decoded, profile: DeviceProfile, on: date) -> ItemOut:
    registered = profile.code_map.get(code, code)
    name, known = law.pollutant_name(registered), law.pollutant(registered)
    unit, unit_from = unit_of(code, profile)
    mark = values.get("Flag", "").strip().upper()[:1]
    meaning, valid = mark_words(mark, on)
    return ItemOut(
        code=code,
        registered=registered,
        name_zh=name.zh,
        name_en=name.en,
        known=known is not None,
        unit=unit,
        unit_from=unit_from,  # type: ignore[arg-type]  # one of its three words
        attributes=[_field(one, value, ATTRIBUTES, "") for one, value in values.items()],
        mark=mark,
        mark_zh=meaning.zh,
        mark_en=meaning.en,
        mark_valid=valid,
        conflict=code in decoded.conflicts,
    )


def mark_words(mark: str, on: date) -> tuple[Said, bool]:
    """What a data mark means by the rules of a day, and whether it lets the value count."""
    try:
        row = load_packs().data_mark(mark, on)
    except QingtianError:
        return NOTHING, False
    return Said(row.meaning_zh, row.meaning_en), str(row.effect) == "valid"
