"""Who sends under a device's number: wrong passwords, and numbers that two addresses use at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.findings.states import Kind
from qingtian.domain.detection import Candidate, DetectionRule
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.sites import Site, read_sites
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.rejects.reasons import RejectReason, known_reason
from qingtian.telemetry.store.port import Quarantined

PASSWORD_RULE, DOUBLE_RULE = "wrong_password", "doubled_device"
WRONG_PASSWORD = frozenset({RejectReason.PASSWORD_ANSWERED, RejectReason.PASSWORD_REJECTED})
MOST_ADDRESSES = 5  # named in the explanation


def watch_senders(context: DutyContext) -> DutyReport:
    """Raise a finding per site and matter, naming the device that was heard last; end it when it has stopped."""
    rules, report = rules_on(context.now), DutyReport()
    by_mn = {device.code: site for site in read_sites(context.now).by_code.values() for device in site.devices}
    wrong = rules[PASSWORD_RULE]
    held = context.store.quarantined(context.now - wrong.hours("lookback_h"), context.now)
    _settle(context.now, wrong, wrong_passwords(wrong, held), by_mn, report)
    double = rules[DOUBLE_RULE]
    counters = read_counters(counters_path(get_settings().data_dir, "gateway"))
    _settle(context.now, double, doubled(double, counters.get("doubled_devices") or ()), by_mn, report)
    return report


def wrong_passwords(rule: DetectionRule, held: Iterable[Quarantined]) -> dict[str, Candidate]:
    """Devices with at least `least_frames` frames under a wrong password, by MN.

    Args:
        rule: thresholds and severity.
        held: frames in quarantine, oldest first.
    """
    frames: dict[str, list[Quarantined]] = {}
    for one in held:
        if known_reason(one.reason) in WRONG_PASSWORD:
            frames.setdefault(one.mn, []).append(one)
    return {mn: _password(rule, mn, rows) for mn, rows in frames.items() if len(rows) >= rule.whole("least_frames")}


def doubled(rule: DetectionRule, told: Iterable[Mapping[str, Any]]) -> dict[str, Candidate]:
    """Numbers in use at two addresses, by MN, as the gateway tells of them."""
    found: dict[str, Candidate] = {}
    for one in told:
        mn, addresses = str(one["mn"]), sorted(one["data_times"])
        since, last = (datetime.fromisoformat(str(one[name])) for name in ("since", "last_at"))
        where = ", ".join(addresses[:MOST_ADDRESSES])
        found[mn] = Candidate(
            rule=rule,
            start=since,
            last=last,
            end=last,
            severity=rule.severity,
            values={"mn": mn, "addresses": where, "turns": str(one["turns"])},
            explanation_zh=f"设备 {mn} 从 {where} 交替上传 {one['turns']} 次：可能是配置被复制，或有人冒用设备标识",
            explanation_en=f"device {mn} is heard from {where} in turns ({one['turns']}): "
            "a copied configuration, or somebody else under its number",
        )
    return found


def _password(rule: DetectionRule, mn: str, rows: Sequence[Quarantined]) -> Candidate:
    addresses = sorted({one.peer.rpartition(":")[0] for one in rows if one.peer})[:MOST_ADDRESSES]
    where, count = ", ".join(addresses), len(rows)
    return Candidate(
        rule=rule,
        start=rows[0].received_at,
        last=rows[-1].received_at,
        end=rows[-1].received_at,
        severity=rule.graded(Decimal(count)),
        values={"mn": mn, "frames": str(count), "addresses": where},
        explanation_zh=f"设备 {mn} 有 {count} 个报文的访问密码与登记不符（来自 {where or '未知地址'}），数据未入库",
        explanation_en=f"{count} frames of device {mn} from {where or 'an unknown address'} carry another password "
        "than the registered one; their values are kept out",
    )


def _settle(
    now: datetime,
    rule: DetectionRule,
    found: Mapping[str, Candidate],
    by_mn: Mapping[str, Site],
    report: DutyReport,
) -> None:
    by_site: dict[int, Candidate] = {}
    for mn, candidate in sorted(found.items(), key=lambda one: one[1].last):
        if mn in by_mn:
            by_site[by_mn[mn].object.pk] = candidate
    objects = {site.object.pk: site.object for site in by_mn.values()}
    for key, candidate in by_site.items():
        raise_candidate(now, candidate, objects[key], report, kind=Kind.DATA_QUALITY)
    for (key, _), finding in ongoing(rule.code).items():
        if key not in by_site and now - finding.last_seen >= rule.hours("back_h"):
            end(now, finding, report, ended_at=finding.last_seen, reason="the sender has stopped")
