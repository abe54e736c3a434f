"""Chinese words for what can be wrong with a cell of a file of objects."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.domain.objects import Fault, FaultCode

REASONS: Mapping[FaultCode, str] = {
    FaultCode.MISSING: "{label}必须填写。",
    FaultCode.NOT_A_NUMBER: "{label}“{value}”不是数值。",
    FaultCode.NOT_WHOLE: "{label}“{value}”不是整数。",
    FaultCode.TOO_SMALL: "{label}“{value}”小于 {bound}。",
    FaultCode.TOO_LARGE: "{label}“{value}”大于 {bound}。",
    FaultCode.NOT_A_DAY: "{label}“{value}”不是日期，请填写如 2026-03-02。",
    FaultCode.NOT_A_CHOICE: "{label}“{value}”不在选项中：{choices}。",
    FaultCode.NOT_A_FLAG: "{label}“{value}”应填“是”或“否”。",
    FaultCode.NOT_A_LIST: "{label}“{value}”应为多项，用分号隔开。",
    FaultCode.NOT_TEXT: "{label}“{value}”不是文本。",
    FaultCode.WRONG_FORM: "{label}“{value}”格式不对。",
    FaultCode.WRONG_CREDIT_CODE: "“{value}”不是有效的统一社会信用代码（GB 32100 校验未通过），请与营业执照核对。",
    FaultCode.UNKNOWN: "{label}“{value}”未登记或不唯一，请先登记上级对象或写明上级类型。",
    FaultCode.TAKEN: "{label}“{value}”已被 {other} 使用，请更正，或合并两个对象。",
    FaultCode.TWICE: "{label}“{value}”在本文件中重复。",
    FaultCode.NOT_PERMITTED: "行政区 {value} 不在您的管理范围内。",
    FaultCode.BROKEN_RULE: "{label}不符合登记规则：{reason}",
}


def reason_zh(fault: Fault, label: str) -> str:
    """What is wrong, in Chinese."""
    words = {"bound": "", "choices": "", "other": ""} | dict(fault.params)
    return REASONS[fault.code].format(label=label, value=fault.value, reason=fault.reason, **words)
