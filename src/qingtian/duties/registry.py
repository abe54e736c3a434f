"""The duties, in the order in which they run when several are due."""

from __future__ import annotations

from datetime import timedelta

from qingtian.duties.anchor_evidence import anchor_evidence
from qingtian.duties.ask_gaps import ask_gaps
from qingtian.duties.compact_store import compact_store
from qingtian.duties.compute_indicators import compute_indicators
from qingtian.duties.duty import Duty
from qingtian.duties.escalate import escalate
from qingtian.duties.expire_rows import expire_rows
from qingtian.duties.judge_air_days import judge_air_days
from qingtian.duties.judge_air_hours import judge_air_hours
from qingtian.duties.judge_emission_days import judge_emission_days
from qingtian.duties.judge_emission_hours import judge_emission_hours
from qingtian.duties.keep_archive import keep_archive
from qingtian.duties.make_reports import make_reports
from qingtian.duties.plan_occurrences import plan_occurrences
from qingtian.duties.recompute import recompute
from qingtian.duties.reopen import reopen
from qingtian.duties.roll_up_hours import roll_up_hours
from qingtian.duties.roll_up_periods import roll_up_periods
from qingtian.duties.send_notices import send_notices
from qingtian.duties.tell_cases import tell_cases
from qingtian.duties.tell_enterprises import tell_enterprises
from qingtian.duties.tell_findings import tell_findings
from qingtian.duties.tend_devices import expire_waiting, rotate_keys, set_clocks, set_up_devices
from qingtian.duties.watch_answers import watch_answers
from qingtian.duties.watch_authenticity import watch_authenticity
from qingtian.duties.watch_clocks import watch_clocks
from qingtian.duties.watch_health import watch_health
from qingtian.duties.watch_leaks import watch_leaks
from qingtian.duties.watch_obligations import watch_obligations
from qingtian.duties.watch_overdue import watch_overdue
from qingtian.duties.watch_quality import watch_quality
from qingtian.duties.watch_ranges import watch_ranges
from qingtian.duties.watch_rebounds import watch_rebounds
from qingtian.duties.watch_rosters import watch_rosters
from qingtian.duties.watch_senders import watch_senders
from qingtian.duties.watch_streams import watch_streams
from qingtian.duties.watch_treatment import watch_treatment
from qingtian.duties.watch_uploads import watch_uploads

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

DUTIES: tuple[Duty, ...] = (
    Duty("roll_up_hours", _HOUR, roll_up_hours, "小时均值汇总", "Hour means", offset=8 * _MINUTE),
    Duty(
        "roll_up_periods", _HOUR, roll_up_periods, "日月年均值汇总", "Means of days, months, years", offset=24 * _MINUTE
    ),
    Duty("judge_air_hours", 30 * _MINUTE, judge_air_hours, "空气质量小时评价", "Hourly air index", offset=2 * _MINUTE),
    Duty("judge_air_days", _HOUR, judge_air_days, "空气质量日评价", "Daily air index", offset=38 * _MINUTE),
    Duty(
        "judge_emission_hours",
        20 * _MINUTE,
        judge_emission_hours,
        "排放小时评价",
        "Hourly emission judgement",
        offset=10 * _MINUTE,
    ),
    Duty(
        "judge_emission_days",
        _HOUR,
        judge_emission_days,
        "排放日均评价",
        "Daily emission judgement",
        offset=35 * _MINUTE,
    ),
    Duty("watch_streams", 10 * _MINUTE, watch_streams, "数据中断监视", "Silent streams"),
    Duty("watch_authenticity", _HOUR, watch_authenticity, "数据真实性监视", "Data authenticity", offset=12 * _MINUTE),
    Duty("watch_treatment", 10 * _MINUTE, watch_treatment, "治理设施用电监视", "Treatment power"),
    Duty("watch_quality", _HOUR, watch_quality, "数据质量监视", "Data quality", offset=14 * _MINUTE),
    Duty("watch_clocks", 15 * _MINUTE, watch_clocks, "设备时钟监视", "Device clocks"),
    Duty("watch_senders", 15 * _MINUTE, watch_senders, "设备身份监视", "Identity of senders", offset=6 * _MINUTE),
    Duty("watch_uploads", _HOUR, watch_uploads, "数据迟报监视", "Late data", offset=16 * _MINUTE),
    Duty("watch_ranges", 10 * _MINUTE, watch_ranges, "治理温度监视", "Treatment temperature", offset=7 * _MINUTE),
    Duty("watch_leaks", 24 * _HOUR, watch_leaks, "泄漏修复期限监视", "Leak repairs", offset=_HOUR // 2),
    Duty("watch_answers", 10 * _MINUTE, watch_answers, "企业答复期限监视", "Answers of enterprises", offset=_MINUTE),
    Duty("set_clocks", 15 * _MINUTE, set_clocks, "自动校时", "Clocks set", offset=3 * _MINUTE),
    Duty("ask_gaps", 30 * _MINUTE, ask_gaps, "缺失数据补传", "Missing data asked for", offset=20 * _MINUTE),
    Duty("set_up_devices", 10 * _MINUTE, set_up_devices, "新设备初始化", "New devices set up", offset=4 * _MINUTE),
    Duty("rotate_keys", 24 * _HOUR, rotate_keys, "设备密钥轮换", "Device keys replaced", offset=2 * _HOUR),
    Duty("expire_commands", 10 * _MINUTE, expire_waiting, "反控命令过期", "Commands expired", offset=5 * _MINUTE),
    Duty("plan_occurrences", 24 * _HOUR, plan_occurrences, "义务计划生成", "Duties planned", offset=10 * _MINUTE),
    Duty("watch_obligations", _HOUR, watch_obligations, "义务履行监视", "Duties due", offset=16 * _MINUTE),
    Duty("watch_rebounds", 10 * _MINUTE, watch_rebounds, "反弹监视", "Relapses"),
    Duty("watch_overdue", _HOUR, watch_overdue, "办理时限监视", "Case clocks"),
    Duty("tell_findings", _MINUTE, tell_findings, "线索通知", "Findings told"),
    Duty("tell_cases", _MINUTE, tell_cases, "案件通知", "Cases told"),
    Duty("tell_enterprises", _MINUTE, tell_enterprises, "企业通知", "Enterprises told"),
    Duty("watch_rosters", _HOUR, watch_rosters, "值班空缺监视", "Gaps in rosters", offset=2 * _MINUTE),
    Duty("escalate", _MINUTE, escalate, "无人应答升级", "Silence escalated"),
    Duty("send_notices", _MINUTE, send_notices, "通知外发", "Notices sent"),
    Duty("reopen", 5 * _MINUTE, reopen, "迟到与撤回数据重评", "Late and withdrawn data judged again", offset=_MINUTE),
    Duty("recompute", _MINUTE, recompute, "历史数据重算", "Recomputations"),
    Duty("compute_indicators", 24 * _HOUR, compute_indicators, "指标计算", "Indicators", offset=_HOUR),
    Duty("make_reports", _HOUR, make_reports, "定期报告生成", "Reports made", offset=40 * _MINUTE),
    Duty("keep_archive", 24 * _HOUR, keep_archive, "原始报文留存", "Retention of raw frames", offset=4 * _HOUR),
    Duty("anchor_evidence", 24 * _HOUR, anchor_evidence, "证据每日根", "Daily roots of evidence", offset=20 * _MINUTE),
    Duty("watch_health", _HOUR, watch_health, "运行状况测量", "Health measured", offset=50 * _MINUTE),
    Duty("expire_rows", 24 * _HOUR, expire_rows, "短周期数据到期清理", "Short rows past their time", offset=4 * _HOUR),
    Duty("compact_store", 24 * _HOUR, compact_store, "数据存储整理", "Store upkeep", offset=3 * _HOUR),
)


def duty(name: str) -> Duty:
    """A duty by name.

    Raises:
        KeyError: there is none.
    """
    return next(one for one in DUTIES if one.name == name)
