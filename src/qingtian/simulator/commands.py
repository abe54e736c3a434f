"""The command catalogue of a device: what each CN of HJ/T 212-2005, HJ 212-2017 and HJ 212-2025 does here.

A handler looks at the request and says what follows; the machine (`device.py`) does the talking. Commands whose meaning
changed between the editions (1001, 3014) are found by (edition, CN).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.wire import read_key
from qingtian.simulator.marking import CALIBRATION, MAINTENANCE
from qingtian.simulator.profile import MINUTE_STEPS
from qingtian.simulator.requests import BAD_CONDITIONS, REFUSED, SYSTEM_FAULT, Reply, Request
from qingtian.simulator.timing import DAY_S, hhmmss, read_stamp, stamp

if TYPE_CHECKING:
    from qingtian.simulator.device import Device

E05, E17, E25 = Edition.E2005, Edition.E2017, Edition.E2025
ALL, NEW, FROM_17 = frozenset({E05, E17, E25}), frozenset({E25}), frozenset({E17, E25})
OLD, ONLY_17 = frozenset({E05}), frozenset({E17})
SAMPLING_S, CLEANING_S = 120, 180
Handler = Callable[["Device", Request], Reply]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the host.

    Args:
        handle: what the device does.
        editions: editions that know it with this meaning.
        notice: answered by 9013 instead of 9011 and 9012.
    """

    handle: Handler
    editions: frozenset[Edition] = ALL
    notice: bool = False


def find(edition: Edition, cn: str) -> Command | None:
    """The command of a CN in an edition; None when that edition has none."""
    return next((one for one in CATALOGUE.get(cn, ()) if edition in one.editions), None)


def _whole(request: Request, low: int, high: int, *names: str) -> int:
    text = request.param(*names)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise InvalidInput(f"{text!r} is not within {low}..{high}", field=names[0], remedy=f"give {low} to {high}")
    return int(text)


def _set_timeouts(device: Device, request: Request) -> Reply:
    """1000: OverTime 1 to 99 s, ReCount 1 to 99."""
    over, count = _whole(request, 1, 99, "OverTime"), _whole(request, 1, 99, "ReCount")

    def apply(_: float) -> None:
        device.over_time_s, device.re_count = float(over), count

    return Reply(then=apply)


def _read_clock(device: Device, request: Request) -> Reply:
    """1011: SystemTime, of an instrument when PolId is given."""
    return Reply(areas=(_with_polid(request, f"SystemTime={stamp(request.local_s)}"),))


def _set_clock(device: Device, request: Request) -> Reply:
    """1012: the logger's clock, or an instrument's; only a device in real time can follow."""
    wanted = read_stamp(request.param("SystemTime"), "SystemTime")
    if not device.clock.can_be_set:
        return Reply(exe_rtn=BAD_CONDITIONS)
    if request.param("PolId"):
        return Reply()

    def apply(now: float) -> None:
        device.set_clock(wanted + now - request.now, now)

    return Reply(then=apply)


def _new_key(device: Device, request: Request) -> Reply:
    """1014: a new SM4 key; this exchange still uses the old one."""
    try:
        key = read_key("NewSK", request.param("NewSK").removeprefix("//").removesuffix("//"))
    except InvalidInput:
        key = b""
    if not key:
        return Reply(qn_rtn=REFUSED)

    def apply(_: float) -> None:
        device.writer.key = key

    return Reply(then=apply)


def _new_password(device: Device, request: Request) -> Reply:
    """1072: NewPW (PW in 2005), up to 6 characters, 9 in 2025; the answers still carry the old one."""
    fresh = request.param("NewPW", "PW")
    longest = 9 if device.edition is E25 else 6
    if not 1 <= len(fresh) <= longest or not fresh.isascii() or not fresh.isalnum():
        return Reply(qn_rtn=REFUSED)

    def apply(_: float) -> None:
        device.change_password(fresh)

    return Reply(then=apply)


def _new_mn(device: Device, request: Request) -> Reply:
    """1002: the host gives the MN (activation of 2025)."""
    found = request.info()
    fresh = request.param("NewMN") or (found[1] if found else request.decoded.mn)
    if not 1 <= len(fresh) <= 24 or not fresh.isascii() or not fresh.isalnum():
        return Reply(qn_rtn=REFUSED)

    def apply(now: float) -> None:
        device.change_mn(fresh, now)

    return Reply(then=apply)


def _keep(name: str, *spellings: str) -> Handler:
    """A parameter that is only kept: alarm target, warning time, sampling hours."""

    def handle(device: Device, request: Request) -> Reply:
        value = request.param(name, *spellings)
        if not value:
            return Reply(qn_rtn=REFUSED)
        return _keeping(device, {_key(request, name): value})

    return handle


def _tell(name: str, usual: str) -> Handler:
    """A kept parameter is read back."""

    def handle(device: Device, request: Request) -> Reply:
        value = device.parameters.get(_key(request, name), usual)
        return Reply(areas=(_with_polid(request, f"{name}={value}"),))

    return handle


def _set_limits(device: Device, request: Request) -> Reply:
    """1022 (2005): LowValue and UpValue of pollutants."""
    found = [
        (f"{code}.{name}", values[name])
        for code, values in request.decoded.items.items()
        for name in ("LowValue", "UpValue")
        if name in values
    ]
    if not found:
        return Reply(qn_rtn=REFUSED)
    return _keeping(device, dict(found))


def _read_limits(device: Device, request: Request) -> Reply:
    """1021 (2005): alarm limits of one or several pollutants."""
    codes = request.params("PolId") or device.instruments.codes
    areas = []
    for code in codes:
        low = device.parameters.get(f"{code}.LowValue", "0.0")
        high = device.parameters.get(f"{code}.UpValue", "1000.0")
        areas.append(f"{code}-LowValue={low},{code}-UpValue={high}")
    return Reply(areas=(";".join(areas),))


def _set_report_time(device: Device, request: Request) -> Reply:
    """1042 (2005): ReportTime, hhmm, of the daily record."""
    text = request.param("ReportTime")
    hhmmss(text, "ReportTime")

    def apply(now: float) -> None:
        device.parameters["ReportTime"] = text
        device.cycles.report_days_at(text, now)

    return Reply(then=apply)


def _read_realtime(device: Device, request: Request) -> Reply:
    """1061: RtdInterval, s."""
    return Reply(areas=(f"RtdInterval={device.realtime_s}",))


def _set_realtime(device: Device, request: Request) -> Reply:
    """1062: RtdInterval, 30 to 3600 s."""
    seconds = _whole(request, 30, 3600, "RtdInterval")

    def apply(now: float) -> None:
        device.set_realtime(seconds, now)

    return Reply(then=apply)


def _read_minutes(device: Device, request: Request) -> Reply:
    """1063: MinInterval, min."""
    return Reply(areas=(f"MinInterval={device.cycles.period_s('2051') // 60}",))


def _set_minutes(device: Device, request: Request) -> Reply:
    """1064: MinInterval, one of the standard's steps."""
    minutes = _whole(request, 1, 30, "MinInterval")
    if minutes not in MINUTE_STEPS:
        return Reply(qn_rtn=REFUSED)

    def apply(now: float) -> None:
        device.cycles.set("2051", minutes * 60, now)

    return Reply(then=apply)


def _start_realtime(device: Device, request: Request) -> Reply:
    """2011: start real-time data; with BeginTime and EndTime (2025) those of the past."""
    if request.param("BeginTime"):
        return _history(device, request)
    return Reply(uploads=(("2011", ""),), then=lambda now: device.start("2011", now))


def _stop_realtime(device: Device, request: Request) -> Reply:
    device.stop("2011")
    return Reply()


def _start_state(device: Device, request: Request) -> Reply:
    """2021: start the state of the facilities."""
    if not device.settings.profile.facilities:
        return Reply(exe_rtn=BAD_CONDITIONS)
    return Reply(uploads=(("2021", ""),), then=lambda now: device.start("2021", now))


def _stop_state(device: Device, request: Request) -> Reply:
    device.stop("2021")
    return Reply()


def _history(device: Device, request: Request) -> Reply:
    """2031, 2041, 2051, 2061 and 2011, 2013, 2052, 2062, 2111 of 2025: records whose DataTime lies in a span."""
    period = device.cycles.period_s(request.cn)
    if not request.param("BeginTime"):
        last = (request.local_s // period - 1) * period
        return Reply(history=(request.cn, last, last))
    begin = read_stamp(request.param("BeginTime"), "BeginTime")
    end = read_stamp(request.param("EndTime") or request.param("BeginTime"), "EndTime")
    return Reply(history=(request.cn, begin, end))


def _alarms(device: Device, request: Request) -> Reply:
    """2071 (2005): alarm records: the first pollutant over its limit, if one was set."""
    area = device.recorder.alarm_area(request.local_s)
    return Reply(areas=(area,)) if area else Reply(exe_rtn=100)


def _calibrate(device: Device, request: Request) -> Reply:
    """3011: zero and span calibration; values are marked C while it runs."""
    if request.param("CalibrationType") not in ("", "0", "1"):
        return Reply(qn_rtn=REFUSED)
    text = f"校准开始 {request.param('PolId')} 模拟 simulated"
    return _order(device, request, CALIBRATION, device.settings.calibration_s, text)


def _clean(device: Device, request: Request) -> Reply:
    """3013: clean or blow back; values are marked M."""
    return _order(device, request, MAINTENANCE, CLEANING_S, f"清洗反吹 {request.param('PolId')} 模拟 simulated")


def _sample_now(device: Device, request: Request) -> Reply:
    """3012, 3014 (2017): take a sample now."""
    text = f"即时采样 {request.param('PolId')} 模拟 simulated"
    return Reply(after_s=device.settings.action_s, then=lambda now: device.log(device.clock.local(now), text))


def _order(device: Device, request: Request, mark: str, seconds: float, text: str) -> Reply:
    if not device.knows(request.param("PolId")):
        return Reply(exe_rtn=BAD_CONDITIONS)

    def apply(now: float) -> None:
        began = device.clock.local(now)
        device.log(began, text)
        device.instruments.marks.during(began, began + seconds, mark)

    return Reply(after_s=device.settings.action_s, then=apply)


def _retain(device: Device, request: Request) -> Reply:
    """3015 (2017), 3022 (2025): retain a sample; the bottle is told."""
    vase = device.next_vase()
    if vase is None:
        return Reply(exe_rtn=BAD_CONDITIONS)
    area = f"DataTime={stamp(request.local_s)};VaseNo={vase}"
    return Reply(areas=(area,), after_s=device.settings.action_s)


def _set_sampling(device: Device, request: Request) -> Reply:
    """3016: CstartTime hhmmss and Ctime, 1 to 24 h."""
    hhmmss(request.param("CstartTime"), "CstartTime")
    hours = _whole(request, 1, 24, "Ctime")
    return _keeping(
        device, {_key(request, "CstartTime"): request.param("CstartTime"), _key(request, "Ctime"): str(hours)}
    )


def _read_sampling(device: Device, request: Request) -> Reply:
    """3017: the sampling cycle."""
    start = device.parameters.get(_key(request, "CstartTime"), "000000")
    hours = device.parameters.get(_key(request, "Ctime"), "2")
    return Reply(areas=(_with_polid(request, f"CstartTime={start};Ctime={hours}"),))


def _identity(device: Device, request: Request) -> Reply:
    """3019: serial number of an instrument; it begins with SIM."""
    code = request.param("PolId") or device.instruments.codes[0]
    return Reply(areas=(f"PolId={code};{code}-SN={device.recorder.serial(code)}",))


def _information(device: Device, request: Request) -> Reply:
    """3020: log (of a span), state or parameter of an instrument or of the logger itself."""
    wanted = request.param("InfoId") or "i11001"
    code = request.param("PolId")
    if wanted[:1] != "i" or len(wanted) != 6:
        return Reply(qn_rtn=REFUSED)
    if wanted[2:3] != "1":  # state or parameter
        value = device.recorder.information(wanted, code, request.local_s)
        area = f"DataTime={stamp(request.local_s)};" + (f"PolId={code};" if code else "") + f"{wanted}-Info={value}"
        return Reply(areas=(area,))
    begin = (
        read_stamp(request.param("BeginTime"), "BeginTime") if request.param("BeginTime") else request.local_s - DAY_S
    )
    end = read_stamp(request.param("EndTime"), "EndTime") if request.param("EndTime") else request.local_s
    entries = device.recorder.log_areas(wanted, code, begin, end)
    return Reply(uploads=tuple(("3020", area) for area in entries), exe_rtn=1 if entries else 100)


def _set_parameter(device: Device, request: Request) -> Reply:
    """3021: a parameter of an instrument."""
    found = request.info()
    if found is None or (request.param("InfoId") and found[0] != request.param("InfoId")):
        return Reply(qn_rtn=REFUSED)
    if found[0][2:3] != "3":  # logs and states cannot be set
        return Reply(exe_rtn=SYSTEM_FAULT)
    return _keeping(device, {_key(request, found[0]): found[1]})


def _check(device: Device, request: Request) -> Reply:
    """3024 (2025): check with a standard sample; the result comes as 2062."""
    if not device.knows(request.param("PolId")):
        return Reply(exe_rtn=BAD_CONDITIONS)
    return Reply(uploads=(("2062", device.recorder.check_area(request.local_s, request.param("PolId"))),))


def _keeping(device: Device, values: dict[str, str]) -> Reply:
    return Reply(then=lambda _: device.parameters.update(values))


def _key(request: Request, name: str) -> str:
    code = request.param("PolId")
    return f"{code}.{name}" if code else name


def _with_polid(request: Request, text: str) -> str:
    code = request.param("PolId")
    return f"PolId={code};{text}" if code else text


_HISTORY = Command(_history)
CATALOGUE: dict[str, tuple[Command, ...]] = {
    "1000": (Command(_set_timeouts),),
    "1001": (Command(_keep("WarnTime"), OLD),),
    "1002": (Command(_new_mn, NEW),),
    "1011": (Command(_read_clock),),
    "1012": (Command(_set_clock),),
    "1014": (Command(_new_key, NEW),),
    "1021": (Command(_read_limits, OLD),),
    "1022": (Command(_set_limits, OLD),),
    "1031": (Command(_tell("AlarmTarget", "0"), OLD),),
    "1032": (Command(_keep("AlarmTarget"), OLD),),
    "1041": (Command(_tell("ReportTime", "0000"), OLD),),
    "1042": (Command(_set_report_time, OLD),),
    "1061": (Command(_read_realtime),),
    "1062": (Command(_set_realtime),),
    "1063": (Command(_read_minutes, FROM_17),),
    "1064": (Command(_set_minutes, FROM_17),),
    "1072": (Command(_new_password),),
    "2011": (Command(_start_realtime),),
    "2012": (Command(_stop_realtime, notice=True),),
    "2013": (Command(_history, NEW),),
    "2021": (Command(_start_state),),
    "2022": (Command(_stop_state, notice=True),),
    "2031": (_HISTORY,),
    "2041": (_HISTORY,),
    "2051": (_HISTORY,),
    "2052": (Command(_history, NEW),),
    "2061": (_HISTORY,),
    "2062": (Command(_history, NEW),),
    "2071": (Command(_alarms, OLD),),
    "3011": (Command(_calibrate),),
    "3012": (Command(_sample_now),),
    "3013": (Command(_clean),),
    "3014": (Command(_keep("Ctime", "CTime"), OLD), Command(_sample_now, ONLY_17)),
    "3015": (Command(_retain, ONLY_17),),
    "3016": (Command(_set_sampling, ONLY_17),),
    "3017": (Command(_read_sampling, ONLY_17),),
    "3018": (Command(_tell("Stime", "40"), FROM_17),),
    "3019": (Command(_identity, FROM_17),),
    "3020": (Command(_information, FROM_17),),
    "3021": (Command(_set_parameter, FROM_17),),
    "3022": (Command(_retain, NEW),),
    "3024": (Command(_check, NEW),),
}
