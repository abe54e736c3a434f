"""What an import finds in a file: one closed list of causes, with the words that screens, exports and logs use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a cause does to the import."""

    FILE = "file"  # the file as mapped proves wrong: nothing of it is taken over
    ROW = "row"  # this row, or this cell of it, is not taken over
    NOTE = "note"  # taken over as it stands, or a gap that stays a gap


class Found(StrEnum):
    """Causes; stored with imports, never renamed."""

    # of the file as a whole
    COLUMNS_SHIFTED = "columns_shifted"
    OZONE_EXCHANGED = "ozone_exchanged"
    CO_UNIT = "co_unit"
    NOTHING_READ = "nothing_read"
    # of a row or cell
    ROW_CUT = "row_cut"
    ROW_LONG = "row_long"
    NO_SITE = "no_site"
    UNKNOWN_SITE = "unknown_site"
    SITE_OUT_OF_SCOPE = "site_out_of_scope"
    BAD_TIME = "bad_time"
    OFF_GRID = "off_grid"
    FUTURE_TIME = "future_time"
    TIME_TURNS_BACK = "time_turns_back"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    UNKNOWN_WORD = "unknown_word"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_UNIT = "unknown_unit"
    NO_DETECTION_LIMIT = "no_detection_limit"
    BAD_MARK = "bad_mark"
    CONFLICTING_ROWS = "conflicting_rows"
    ISSUED_AFTER_VALID = "issued_after_valid"
    UNREADABLE_MESSAGE = "unreadable_message"
    # worth knowing
    EMPTY_CELL = "empty_cell"
    SENTINEL = "sentinel"
    WORD_FOR_NOTHING = "word_for_nothing"
    EMPTY_SITE = "empty_site"
    MISSING_PERIODS = "missing_periods"
    REPEATED_ROW = "repeated_row"
    PM25_ABOVE_PM10 = "pm25_above_pm10"
    PM10_MISSING = "pm10_missing"
    OZONE_ABOVE_DAY = "ozone_above_day"
    NOISE_ORDER = "noise_order"
    BELOW_DETECTION = "below_detection"
    ITEMS_MISSING = "items_missing"
    TIMES_MADE = "times_made"
    REPEATS_NOT_SOUGHT = "repeats_not_sought"


@dataclass(frozen=True, slots=True)
class Words:
    """A cause in words.

    Args:
        weight: what it does.
        zh, en: what was found.
        remedy_zh, remedy_en: what to do about it.
    """

    weight: Weight
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_F, _R, _N = Weight.FILE, Weight.ROW, Weight.NOTE
WORDS: Mapping[Found, Words] = {
    Found.COLUMNS_SHIFTED: Words(
        _F,
        "SO2列在多数行与AQI相同：列错位一位",
        "SO2 equals the AQI in most rows: columns are shifted by one",
        "改用更正后的文件，或在映射中改列",
        "take the corrected file, or name other columns in the mapping",
    ),
    Found.OZONE_EXCHANGED: Words(
        _F,
        "臭氧1小时值在多数行高于24小时最大值：两列互换（国家发布接口的命名即如此）",
        "the hourly ozone exceeds its own 24 h maximum in most rows: the two columns are exchanged, as in the feed",
        "在映射中交换o3与o3_24h两列",
        "exchange o3 and o3_24h in the mapping",
    ),
    Found.CO_UNIT: Words(
        _F,
        "一氧化碳的数值与映射的单位不符（mg/m3与ug/m3）",
        "carbon monoxide does not fit the unit of the mapping (mg/m3 or ug/m3)",
        "在映射中更正一氧化碳列的单位",
        "correct the unit of the CO column in the mapping",
    ),
    Found.NOTHING_READ: Words(
        _F,
        "没有一个值可以导入",
        "not a single value can be taken over",
        "检查映射的列名、时间格式和点位",
        "check columns, time format and sites of the mapping",
    ),
    Found.ROW_CUT: Words(_R, "行被截断", "the row ends early", "重新获取文件", "fetch the file again"),
    Found.ROW_LONG: Words(
        _R,
        "单元格多于表头",
        "the row has more cells than the header",
        "检查分隔符和引号",
        "check separators and quotes",
    ),
    Found.NO_SITE: Words(_R, "没有点位", "the row names no site", "填写点位编码", "give the code of the site"),
    Found.UNKNOWN_SITE: Words(
        _R,
        "点位未登记",
        "the site is not on the register",
        "先登记该点位，或在映射中对应到已有编码",
        "register the site, or map its name to a code",
    ),
    Found.SITE_OUT_OF_SCOPE: Words(
        _R,
        "无权向该点位导入",
        "you may not import for this site",
        "请有该区域权限的人导入",
        "ask somebody whose region it is",
    ),
    Found.BAD_TIME: Words(
        _R, "时间无法识别", "the time cannot be read", "检查映射的时间格式", "check the time format of the mapping"
    ),
    Found.OFF_GRID: Words(
        _R,
        "时间不在周期的整点上",
        "the time is not on the grid of the cycle",
        "检查周期与时间列",
        "check the cycle and the time column",
    ),
    Found.FUTURE_TIME: Words(
        _R, "时间在未来", "the period has not ended yet", "检查年份和时区", "check the year and the time zone"
    ),
    Found.TIME_TURNS_BACK: Words(
        _R,
        "当日最后一个时段写成了同一日期的00:00",
        "the last period of the day is stamped 00:00 of the same date",
        "在映射中把午夜规则设为“当日结束”",
        'set "midnight" to end_of_same_day in the mapping',
    ),
    Found.NOT_A_NUMBER: Words(
        _R, "不是数字", "no number", "更正，或留空表示缺测", "correct it, or leave the cell empty"
    ),
    Found.NEGATIVE: Words(
        _R,
        "该项目不应为负",
        "this item cannot be negative",
        "更正，或留空表示缺测",
        "correct it, or leave the cell empty",
    ),
    Found.TOO_LARGE: Words(_R, "数值过大", "the number is too large", "检查单位", "check the unit"),
    Found.UNKNOWN_WORD: Words(
        _R,
        "文字没有对应的数值",
        "the word stands for no number",
        "在映射中补充该词",
        "add the word to the mapping",
    ),
    Found.UNKNOWN_ITEM: Words(
        _R,
        "项目没有对应的因子编码",
        "the item has no pollutant code in the mapping",
        "在映射中补充该项目",
        "add the item to the mapping",
    ),
    Found.UNKNOWN_UNIT: Words(
        _R,
        "单位无法换算",
        "the unit cannot be converted",
        "更正单位，或在映射中改为该单位",
        "correct the unit, or name another one in the mapping",
    ),
    Found.NO_DETECTION_LIMIT: Words(
        _R,
        "未检出但没有给出检出限",
        "below detection, but no detection limit is given",
        "补充检出限列",
        "give the detection limit",
    ),
    Found.BAD_MARK: Words(
        _R, "数据标记不在清单内", "the data mark is not on the list", "使用HJ 212的标记", "use the marks of HJ 212"
    ),
    Found.CONFLICTING_ROWS: Words(
        _R,
        "同一点位同一时间出现两个不同的值：保留第一个",
        "two different rows for one site and time: the first is kept",
        "删除错误的一行",
        "remove the wrong one",
    ),
    Found.ISSUED_AFTER_VALID: Words(
        _R,
        "起报时间晚于预报时间",
        "the forecast was issued after the time that it tells of",
        "检查起报时间列",
        "check the column of the issue time",
    ),
    Found.UNREADABLE_MESSAGE: Words(
        _R,
        "消息不是可识别的JSON",
        "the message is no JSON object that can be read",
        "检查设备的输出格式",
        "check what the device sends",
    ),
    Found.EMPTY_CELL: Words(_N, "空单元格，保留为缺测", "empty cell, kept as a gap", "无需处理", "nothing to do"),
    Found.SENTINEL: Words(
        _N, "占位数（如-9999），保留为缺测", "placeholder such as -9999, kept as a gap", "无需处理", "nothing to do"
    ),
    Found.WORD_FOR_NOTHING: Words(
        _N,
        "表示无数据的文字（如--），保留为缺测",
        "a word for nothing such as --, kept as a gap",
        "无需处理",
        "nothing to do",
    ),
    Found.EMPTY_SITE: Words(
        _N, "该点位整个文件没有任何值", "the site has not a single value", "向数据提供方核实", "ask the provider"
    ),
    Found.MISSING_PERIODS: Words(
        _N,
        "文件首尾之间所有点位都缺的时段",
        "periods between first and last that are missing for every site",
        "向数据提供方核实",
        "ask the provider",
    ),
    Found.REPEATED_ROW: Words(_N, "重复的行，只取一次", "the same row again, taken once", "无需处理", "nothing to do"),
    Found.PM25_ABOVE_PM10: Words(
        _N,
        "PM2.5高于PM10，按发布值保留并标注",
        "PM2.5 above PM10, kept as published and marked",
        "查看质控标注",
        "see the quality marks",
    ),
    Found.PM10_MISSING: Words(
        _N,
        "有PM2.5而没有PM10",
        "PM10 is missing where PM2.5 is present",
        "无需处理",
        "nothing to do",
    ),
    Found.OZONE_ABOVE_DAY: Words(
        _N,
        "臭氧1小时值高于所给的24小时最大值",
        "the hourly ozone exceeds the 24 h maximum beside it",
        "个别行无碍；多数行如此则两列互换",
        "harmless in a few rows; in most rows the columns are exchanged",
    ),
    Found.NOISE_ORDER: Words(
        _N,
        "噪声统计量的大小次序不可能（L10≥L50≥L90，Lmax≥Leq≥Lmin）",
        "levels out of order (L10 >= L50 >= L90, Lmax >= Leq >= Lmin)",
        "核对列的对应",
        "check which column is which",
    ),
    Found.BELOW_DETECTION: Words(
        _N,
        "低于检出限：保留检出限为上界并标注",
        "below detection: the limit is kept as the upper bound, and marked",
        "无需处理",
        "nothing to do",
    ),
    Found.ITEMS_MISSING: Words(
        _N,
        "该行缺少映射中的部分项目",
        "some items of the mapping are missing in the row",
        "向数据提供方核实",
        "ask the provider",
    ),
    Found.TIMES_MADE: Words(
        _N,
        "文件没有时间：时间由行序和起点推算",
        "the file has no times: they are made from the order of its rows",
        "确认起点和步长",
        "make sure of start and step",
    ),
    Found.REPEATS_NOT_SOUGHT: Words(
        _N,
        "文件过大：之后的行没有再查重复",
        "the file is so long that repeated rows were not looked for beyond here",
        "拆分文件",
        "split the file",
    ),
}


def weight_of(found: Found) -> Weight:
    """What a cause does to the import.

    >>> weight_of(Found.SENTINEL).value, weight_of(Found.BAD_TIME).value
    ('note', 'row')
    """
    return WORDS[found].weight


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing found, with its place.

    Args:
        cause: what it is.
        line: line of the file, from 1; 0 for the file as a whole.
        field: column.
        text: what stood there.
        site: code of the site, where known.
    """

    cause: Found
    line: int = 0
    field: str = ""
    text: str = ""
    site: str = ""

    @property
    def weight(self) -> Weight:
        """What it does to the import."""
        return WORDS[self.cause].weight
