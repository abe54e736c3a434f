"""Rows of the command catalogue: section 4 of the protocol notes; fields as in HJ 212-2017 appendix C.

Limits are those of the standard's parameter table (RtdInterval, MinInterval, OverTime, ReCount, Ctime, Stime, VaseNo,
NewPW); a field without limits has none in a text that we read. What a source does not show is not guessed: such a
command carries only what the examples of the standard or of its implementations carry.
"""

from __future__ import annotations

from collections.abc import Iterator

from qingtian.domain.hj212.command import Command, Kind, Source
from qingtian.domain.hj212.fields import Field, Form
from qingtian.domain.hj212.model import Edition

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025
REQUEST, NOTICE, UPLOAD, ANSWER = Kind.REQUEST, Kind.NOTICE, Kind.UPLOAD, Kind.ANSWER
DATA, NOTED = "9014", "9013"
SINCE = {E05: Source.P05, E17: Source.S17, E25: Source.S25}
ALL, SINCE17, ONLY05, ONLY17, ONLY25 = (E05, E17, E25), (E17, E25), (E05,), (E17,), (E25,)

OVER_TIME = Field("OverTime", "超时时间", "time-out", Form.WHOLE, "s", 1, 99)
RE_COUNT = Field("ReCount", "重发次数", "resends", Form.WHOLE, "", 1, 99, also=("Recount",))
WARN_TIME = Field("WarnTime", "超限报警时间", "alarm delay", Form.WHOLE)
SYSTEM_TIME = Field("SystemTime", "系统时间", "system time", Form.TIME)
POL_ID = Field("PolId", "因子编码", "code of the instrument or pollutant", Form.CODE)
POL_ID_MAYBE = Field("PolId", "因子编码（不填为数采仪）", "code; none = the logger itself", Form.CODE, required=False)
POL_IDS = Field("PolId", "污染物编码", "pollutant codes", Form.CODE, repeated=True)
LOW_VALUE = Field("LowValue", "报警下限", "lower alarm limit", Form.NUMBER, attribute=True)
UP_VALUE = Field("UpValue", "报警上限", "upper alarm limit", Form.NUMBER, attribute=True)
ALARM_TARGET = Field("AlarmTarget", "报警目标地址", "alarm target", Form.WORD)
REPORT_TIME = Field("ReportTime", "日数据上报时间", "time of the daily report", Form.CLOCK_HM, also=("ReprotTime",))
RTD_INTERVAL = Field("RtdInterval", "实时数据间隔", "interval of real-time data", Form.WHOLE, "s", 30, 3600)
MIN_INTERVAL = Field(
    "MinInterval", "分钟数据间隔", "interval of minute data", Form.WHOLE, "min",
    choices=("1", "2", "3", "4", "5", "6", "10", "12", "15", "20", "30"),
)  # fmt: skip
NEW_PW = Field("NewPW", "新访问密码", "new password", Form.PASSWORD, secret=True)
NEW_PW_2005 = Field("PW", "新访问密码", "new password", Form.PASSWORD, secret=True)
BEGIN = Field("BeginTime", "开始时间", "begin", Form.TIME)
END = Field("EndTime", "结束时间（含）", "end, inclusive", Form.TIME)
BEGIN_MAYBE = Field("BeginTime", "开始时间", "begin", Form.TIME, required=False)
END_MAYBE = Field("EndTime", "结束时间（含）", "end, inclusive", Form.TIME, required=False)
DATA_TIME = Field("DataTime", "数据时间", "data time", Form.TIME)
RESTART = Field("RestartTime", "数采仪开机时间", "start of the logger", Form.TIME)
ALARM_TIME = Field("AlarmTime", "报警时间", "alarm time", Form.TIME)
ALARM_TYPE = Field("AlarmType", "报警事件类型", "kind of alarm", Form.WHOLE)
CALIBRATION = Field(
    "CalibrationType",
    "校准类型（0 零点，1 量程）",
    "0 = zero, 1 = span",
    Form.WHOLE,
    choices=("0", "1"),
    required=False,
)
SAMPLE_HOURS = Field(
    "CTime", "采样时刻（时）", "hours of sampling", Form.WHOLE, "h", 0, 24, repeated=True, also=("Ctime",)
)
CYCLE_START = Field("CstartTime", "采样起始时间", "first sample", Form.CLOCK)
CYCLE = Field("CTime", "采样周期", "sampling cycle", Form.WHOLE, "h", 1, 24, also=("Ctime",))
SAMPLE_TIME = Field("Stime", "出样时间", "time until the result", Form.WHOLE, "min", 1, 120)
VASE = Field("VaseNo", "留样瓶编号", "bottle number", Form.WHOLE, "", 1, 99)
SERIAL = Field("SN", "仪器唯一标识", "instrument id", Form.CODE, attribute=True)
INFO_ID = Field("InfoId", "现场端信息编码", "information code", Form.CODE)
INFO_ID_MAYBE = Field("InfoId", "现场端信息编码", "information code", Form.CODE, required=False)
INFO = Field("Info", "现场端信息", "field information", Form.TEXT, attribute=True)
INFO_MAYBE = Field("Info", "现场端信息", "field information", Form.TEXT, attribute=True, required=False)
KEY_TIME = Field("SKCreateTime", "密钥生成时间", "creation time of the key", Form.TIME_MS)
NEW_KEY = Field("NewSK", "新 SM4 密钥", "new SM4 key", Form.KEY, secret=True)
QN_RTN = Field("QnRtn", "请求应答结果", "answer to the request", Form.WHOLE)
EXE_RTN = Field("ExeRtn", "执行结果", "result", Form.WHOLE)
CONFIRMED = Field("QN", "被应答的请求编码", "request that is answered", Form.TIME_MS, required=False)


def rows() -> Iterator[Command]:
    """Every command of every edition."""
    yield from _setting_up()
    yield from _parameters()
    yield from _data()
    yield from _control()
    yield from _interaction()


def _each(editions: tuple[Edition, ...], cn: str, zh: str, en: str, **more: object) -> Iterator[Command]:
    for edition in editions:
        yield Command(edition, cn, zh, en, **{"source": SINCE[edition], **more})  # type: ignore[arg-type]


def _set(editions: tuple[Edition, ...], cn: str, zh: str, en: str, *fields: Field, **more: object) -> Iterator[Command]:
    """A request that changes the device or makes it act: 9011, 9012."""
    return _each(editions, cn, zh, en, down=REQUEST, down_fields=fields, **more)


def _get(
    editions: tuple[Edition, ...], cn: str, zh: str, en: str, asked: tuple[Field, ...], *told: Field, **more: object
) -> Iterator[Command]:
    """A request that brings a value back: 9011, the same number with the value, 9012."""
    fields = {"down_fields": asked, "up_fields": told}
    return _each(editions, cn, zh, en, down=REQUEST, up=UPLOAD, reads=True, answered_by=DATA, **fields, **more)


def _setting_up() -> Iterator[Command]:
    yield from _set(ALL, "1000", "设置超时时间及重发次数", "Set time-out and resends", OVER_TIME, RE_COUNT)
    yield from _set(ONLY05, "1001", "设置超限报警时间", "Set alarm delay", WARN_TIME)
    yield from _each(
        ONLY25, "1001", "上传数采仪硬件序号", "Upload hardware serial numbers", up=NOTICE, up_fields=(INFO,),
        answered_by=NOTED,
    )  # fmt: skip
    yield from _set(ONLY25, "1002", "设置数采仪 MN 编码", "Set MN", INFO_MAYBE)
    yield from _get(ONLY05, "1011", "提取现场机时间", "Read clock", (), SYSTEM_TIME)
    yield from _get(SINCE17, "1011", "提取现场机时间", "Read clock", (POL_ID_MAYBE,), POL_ID_MAYBE, SYSTEM_TIME)
    yield from _set(ONLY05, "1012", "设置现场机时间", "Set clock", SYSTEM_TIME)
    yield from _set(SINCE17, "1012", "设置现场机时间", "Set clock", POL_ID_MAYBE, SYSTEM_TIME)
    yield from _each(
        SINCE17, "1013", "现场机时间校准请求", "Device asks for the time", up=NOTICE, up_fields=(POL_ID_MAYBE,),
        answered_by=NOTED,
    )  # fmt: skip
    yield from _each(
        ONLY25, "1014", "更新 SM4 密钥", "New SM4 key", down=REQUEST, up=NOTICE, down_fields=(KEY_TIME, NEW_KEY),
        up_fields=(KEY_TIME,), answered_by=NOTED,
    )  # fmt: skip


def _parameters() -> Iterator[Command]:
    yield from _get(ONLY05, "1021", "提取污染物报警门限值", "Read alarm limits", (POL_IDS,), LOW_VALUE, UP_VALUE)
    yield from _set(ONLY05, "1022", "设置污染物报警门限值", "Set alarm limits", LOW_VALUE, UP_VALUE)
    yield from _get(ONLY05, "1031", "提取上位机地址", "Read alarm target", (), ALARM_TARGET)
    yield from _set(ONLY05, "1032", "设置上位机地址", "Set alarm target", ALARM_TARGET)
    yield from _get(ONLY05, "1041", "提取数据上报时间", "Read time of the daily report", (), REPORT_TIME)
    yield from _set(ONLY05, "1042", "设置数据上报时间", "Set time of the daily report", REPORT_TIME)
    yield from _get(ALL, "1061", "提取实时数据间隔", "Read real-time interval", (), RTD_INTERVAL)
    yield from _set(ALL, "1062", "设置实时数据间隔", "Set real-time interval", RTD_INTERVAL)
    yield from _get(SINCE17, "1063", "提取分钟数据间隔", "Read minute interval", (), MIN_INTERVAL)
    yield from _set(SINCE17, "1064", "设置分钟数据间隔", "Set minute interval", MIN_INTERVAL)
    yield from _set(ONLY05, "1072", "设置现场机访问密码", "Set password", NEW_PW_2005)
    yield from _set(SINCE17, "1072", "设置现场机访问密码", "Set password", NEW_PW)


def _history(editions: tuple[Edition, ...], cn: str, zh: str, en: str) -> Iterator[Command]:
    period = {"down_fields": (BEGIN, END), "up_fields": (DATA_TIME,), "history": True, "reads": True}
    for edition in editions:
        joint = "," if edition is E05 else ";"
        yield from _each((edition,), cn, zh, en, down=REQUEST, up=UPLOAD, answered_by=DATA, separator=joint, **period)


def _data() -> Iterator[Command]:
    live = {"down": REQUEST, "up": UPLOAD, "answered_by": DATA, "up_fields": (DATA_TIME,)}
    yield from _each((E05, E17), "2011", "污染物实时数据", "Real-time data", **live)
    # with a period it fetches the electricity data of the past (ST=44)
    yield from _each(ONLY25, "2011", "污染物实时数据", "Real-time data", down_fields=(BEGIN_MAYBE, END_MAYBE), **live)
    yield from _each(ALL, "2012", "停止察看污染物实时数据", "Stop real-time data", down=NOTICE)
    yield from _history(ONLY25, "2013", "原始监测数据", "Raw data")
    yield from _each(ALL, "2021", "设备运行状态数据", "Facility state", **live)
    yield from _each(ALL, "2022", "停止察看设备运行状态", "Stop facility state", down=NOTICE)
    yield from _history(ALL, "2031", "污染物日历史数据", "Daily data")
    yield from _history(ALL, "2041", "设备运行时间日历史数据", "Daily facility hours")
    yield from _history(ALL, "2051", "污染物分钟数据", "Minute data")
    yield from _history(ONLY25, "2052", "噪声单次测量数据", "Single noise measurement")
    yield from _history(ALL, "2061", "污染物小时数据", "Hourly data")
    yield from _history(ONLY25, "2062", "自动标样核查、校准数据", "Standard-sample check data")
    yield from _history(ONLY05, "2071", "污染物报警记录", "Alarm records")
    alarm = {"up": UPLOAD, "up_fields": (ALARM_TIME, ALARM_TYPE), "answered_by": DATA}
    yield from _each(ONLY05, "2072", "污染物报警事件", "Alarm event", **alarm)
    started = {"up": UPLOAD, "up_fields": (DATA_TIME, RESTART), "answered_by": DATA}
    yield from _each(SINCE17, "2081", "数采仪开机时间", "Logger restarted", **started)
    furnace = {"up": UPLOAD, "up_fields": (DATA_TIME,), "answered_by": DATA}
    yield from _each(ONLY25, "2111", "炉膛温度 5 分钟均值", "Furnace temperature, 5 min mean", **furnace)


def _control() -> Iterator[Command]:
    yield from _set((E05, E17), "3011", "零点校准、量程校准", "Zero and span calibration", POL_ID)
    yield from _set(ONLY25, "3011", "零点校准、量程校准", "Zero and span calibration", POL_ID, CALIBRATION)
    yield from _set(ALL, "3012", "即时采样", "Sample now", POL_ID)
    yield from _set(ONLY05, "3013", "设备操作", "Operate the device", POL_ID)
    yield from _set(SINCE17, "3013", "启动清洗、反吹", "Clean or blow back", POL_ID)
    yield from _set(ONLY05, "3014", "设置设备采样时间", "Set sampling hours", POL_ID, SAMPLE_HOURS, separator=",")
    yield from _set(ONLY17, "3014", "比对采样", "Comparison sampling", POL_ID)
    yield from _get(ONLY17, "3015", "超标留样", "Retain a sample on exceedance", (), DATA_TIME, VASE)
    yield from _set(ONLY17, "3016", "设置采样时间周期", "Set sampling cycle", POL_ID, CYCLE_START, CYCLE)
    yield from _get(ONLY17, "3017", "提取采样时间周期", "Read sampling cycle", (POL_ID,), POL_ID, CYCLE_START, CYCLE)
    yield from _get(SINCE17, "3018", "提取出样时间", "Read result time", (POL_ID,), POL_ID, SAMPLE_TIME)
    yield from _get(SINCE17, "3019", "提取设备唯一标识", "Read instrument id", (POL_ID,), POL_ID, SERIAL)
    yield from _get(
        SINCE17, "3020", "现场机信息", "Field information", (POL_ID_MAYBE, INFO_ID_MAYBE, BEGIN_MAYBE, END_MAYBE),
        DATA_TIME, POL_ID_MAYBE, INFO_MAYBE,
    )  # fmt: skip
    yield from _set(SINCE17, "3021", "设置现场机参数", "Set instrument parameter", POL_ID, INFO_ID, INFO)
    yield from _set(ONLY25, "3022", "下发即时留样任务", "Retain a sample now", POL_ID)
    yield from _set(ONLY25, "3024", "启动标样核查", "Start standard-sample check", POL_ID)


def _interaction() -> Iterator[Command]:
    told = {E05: (CONFIRMED,), E17: (), E25: ()}
    for edition, also in told.items():
        one = (edition,)
        yield from _each(one, "9011", "请求应答", "Answer to a request", up=ANSWER, up_fields=(*also, QN_RTN))
        yield from _each(one, "9012", "执行结果", "Result of a request", up=ANSWER, up_fields=(*also, EXE_RTN))
        fields = {"down_fields": also, "up_fields": also}
        yield from _each(one, "9013", "通知应答", "Answer to a notice", down=ANSWER, up=ANSWER, **fields)
        yield from _each(one, "9014", "数据应答", "Answer to data", down=ANSWER, up=ANSWER, **fields)
    beat = {"up": NOTICE, "answered_by": NOTED}
    yield from _each((E05, E17), "9015", "心跳包", "Heartbeat", **beat, source=Source.VENDOR)
    yield from _each(ONLY25, "9015", "心跳包", "Heartbeat", **beat)
    yield from _each((E05, E17), "9021", "登录", "Login", up=UPLOAD, answered_by=DATA, source=Source.VENDOR)
