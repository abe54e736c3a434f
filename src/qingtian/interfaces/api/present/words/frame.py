"""Words of the parts of a frame: header, flag, systems, commands, attributes, parameters (protocol reference)."""

from __future__ import annotations

from collections.abc import Mapping

from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.catalogue import find_command
from qingtian.interfaces.api.present.words.say import NOTHING, Said

HEADER: Mapping[str, Said] = {
    "QN": Said(
        "请求编码：这一次往来的编号，精确到毫秒的时间", "request number: names one exchange; a time to the millisecond"
    ),
    "ST": Said("系统编码：数据属于哪类监测", "system code: the kind of monitoring"),
    "CN": Said("命令编码：这一帧要做什么", "command: what this frame is for"),
    "PW": Said("访问密码（不显示）", "password (not shown)"),
    "MN": Said("设备唯一标识", "identity of the device"),
    "Flag": Said("标志：版本、是否拆包、是否要应答", "flag: edition, split or not, answer wanted or not"),
    "PNUM": Said("拆包总数", "number of parts"),
    "PNO": Said("本包序号", "number of this part"),
    "RF": Said("补传标志：1 表示这是补传的数据", "back-fill: 1 says that the data are sent late"),
}
SYSTEMS: Mapping[str, Said] = {
    "21": Said("地表水质量监测", "surface water quality"),
    "22": Said("空气质量监测", "ambient air quality"),
    "23": Said("声环境质量监测", "ambient noise"),
    "24": Said("地下水质量监测", "ground water quality"),
    "25": Said("土壤质量监测", "soil quality"),
    "26": Said("海水质量监测", "sea water quality"),
    "27": Said("挥发性有机物监测", "volatile organic compounds"),
    "31": Said("大气污染源", "source of air pollution"),
    "32": Said("地表水体污染源", "source of surface water pollution"),
    "33": Said("地下水体污染源", "source of ground water pollution"),
    "34": Said("海洋污染源", "source of sea pollution"),
    "35": Said("土壤污染源", "source of soil pollution"),
    "36": Said("声环境污染源", "source of noise"),
    "37": Said("振动污染源", "source of vibration"),
    "38": Said("放射性污染源", "radioactive source"),
    "39": Said("工地扬尘污染源", "dust of building sites"),
    "41": Said("电磁辐射污染源", "source of electromagnetic radiation"),
    "44": Said("用电监控", "electricity monitoring"),
    "45": Said("关键生产工况监控", "key production conditions"),
    "51": Said("烟气排放过程监控", "flue gas process"),
    "52": Said("污水排放过程监控", "waste water process"),
    "91": Said("系统交互", "interaction between systems"),
}
ATTRIBUTES: Mapping[str, Said] = {
    "Rtd": Said("实测值", "measured value"),
    "Min": Said("最小值", "minimum"),
    "Avg": Said("平均值", "mean"),
    "Max": Said("最大值", "maximum"),
    "ZsRtd": Said("折算实测值", "value converted to the reference oxygen"),
    "ZsMin": Said("折算最小值", "converted minimum"),
    "ZsAvg": Said("折算平均值", "converted mean"),
    "ZsMax": Said("折算最大值", "converted maximum"),
    "Cou": Said("累计值（排放量）", "total over the period (emitted amount)"),
    "ZsCou": Said("折算累计值", "converted total"),
    "Flag": Said("数据标记", "data mark"),
    "EFlag": Said("厂家自定标记", "mark of the vendor"),
    "SampleTime": Said("采样时间", "time of the sample"),
    "CompleteTime": Said("完成时间", "time of completion"),
    "RS": Said("设备运行状态", "state of the facility"),
    "RT": Said("设备运行时间（小时）", "hours that the facility ran"),
    "Data": Said("噪声昼夜值", "noise, whole day"),
    "DayData": Said("噪声昼间值", "noise by day"),
    "NightData": Said("噪声夜间值", "noise by night"),
    "Info": Said("现场机信息", "field information"),
    "SN": Said("仪器编号", "identity of the instrument"),
    "StandardValue": Said("标准样品值", "value of the standard sample"),
    "SampleRd": Said("样品测定值", "reading of the sample"),
    "SampleType": Said("样品类型", "kind of sample"),
    "ResultType": Said("结果类型", "kind of result"),
    "ValidNum": Said("有效数据个数", "number of valid values"),
    "TotalNum": Said("数据总数", "number of values"),
    "LowValue": Said("报警下限", "lower alarm limit"),
    "UpValue": Said("报警上限", "upper alarm limit"),
}
PARAMETERS: Mapping[str, Said] = {
    "DataTime": Said(
        "数据时间：时段的开始；实时数据是当时", "time of the data: start of the period; the instant for real-time data"
    ),
    "BeginTime": Said("开始时间", "begin"),
    "EndTime": Said("结束时间", "end"),
    "SystemTime": Said("系统时间", "system time"),
    "PolId": Said("监测因子或仪器编码", "code of the pollutant or instrument"),
    "RtdInterval": Said("实时数据间隔（秒）", "real-time interval, s"),
    "MinInterval": Said("分钟数据间隔（分钟）", "minute interval, min"),
    "OverTime": Said("超时时间（秒）", "time-out, s"),
    "ReCount": Said("重发次数", "number of resends"),
    "WarnTime": Said("报警延时", "alarm delay"),
    "NewPW": Said("新密码（不显示）", "new password (not shown)"),
    "NewSK": Said("新密钥（不显示）", "new key (not shown)"),
    "SKCreateTime": Said("密钥生成时间", "time when the key was made"),
    "QnRtn": Said("请求应答结果", "answer to the request"),
    "ExeRtn": Said("执行结果", "result of the execution"),
    "QN": Said("所应答的请求编码", "request that is answered"),
    "RestartTime": Said("开机时间", "time of the restart"),
    "VaseNo": Said("采样瓶编号", "number of the bottle"),
    "CstartTime": Said("采样起始时间", "start of sampling"),
    "CTime": Said("采样周期（小时）", "sampling cycle, h"),
    "Ctime": Said("采样周期（小时）", "sampling cycle, h"),
    "Stime": Said("出样时间（分钟）", "result time, min"),
    "InfoId": Said("现场机信息编码", "code of the field information"),
    "MN": Said("设备唯一标识", "identity of the device"),
}
QN_RETURNS: Mapping[str, Said] = {
    "1": Said("准备执行", "ready"),
    "2": Said("拒绝", "refused"),
    "3": Said("密码错误", "wrong password"),
    "4": Said("MN 错误", "wrong MN"),
    "5": Said("ST 错误", "wrong ST"),
    "6": Said("Flag 错误", "wrong Flag"),
    "7": Said("QN 错误", "wrong QN"),
    "8": Said("CN 错误", "wrong CN"),
    "9": Said("CRC 校验错误", "wrong CRC"),
    "100": Said("未知错误", "unknown error"),
}
EXE_RETURNS: Mapping[str, Said] = {
    "1": Said("执行成功", "done"),
    "2": Said("执行失败，原因不明", "failed, reason unknown"),
    "3": Said("命令条件错误", "conditions not met"),
    "4": Said("通讯超时", "link timed out"),
    "5": Said("系统繁忙", "busy"),
    "6": Said("系统故障", "system fault"),
    "100": Said("没有数据", "no data"),
}
FACILITY_STATES: Mapping[str, Said] = {
    "0": Said("关闭", "off"),
    "1": Said("运行", "running"),
    "2": Said("校准", "calibrating"),
    "3": Said("维护", "maintenance"),
    "4": Said("报警", "alarm"),
    "5": Said("反吹", "blow-back"),
}
EDITIONS: Mapping[str, Said] = {
    "2005": Said("HJ/T 212-2005", "HJ/T 212-2005"),
    "2017": Said("HJ 212-2017", "HJ 212-2017"),
    "2025": Said("HJ 212-2025", "HJ 212-2025"),
    "unknown": Said("标志中的版本号不认识", "the edition in Flag is not known"),
}
DOWNWARD = Said("上位机到现场机", "host to device")
UPWARD = Said("现场机到上位机", "device to host")


def command_name(edition: str, cn: str) -> Said:
    """What a command means in an edition, else in the newest edition that has it; nothing for an unknown number.

    >>> command_name("2025", "1001").en, command_name("2017", "9999").en
    ('Upload hardware serial numbers', '')
    """
    for one in (edition, Edition.E2017.value, Edition.E2025.value, Edition.E2005.value):
        command = find_command(Edition(one), cn)
        if command is not None:
            return Said(command.zh, command.en)
    return NOTHING


def value_meaning(name: str, value: str) -> Said:
    """What a coded value of a parameter or attribute means; nothing where values speak for themselves."""
    tables = {"QnRtn": QN_RETURNS, "ExeRtn": EXE_RETURNS, "RS": FACILITY_STATES}
    return tables.get(name, {}).get(value.strip(), NOTHING)
