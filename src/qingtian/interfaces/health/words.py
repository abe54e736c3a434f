"""The words of the health page: a title and a meaning for each part, a line and a remedy for each state."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.runtime.health import Level

OK, WARNING, ERROR = Level.OK, Level.WARNING, Level.ERROR


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the deployment: its name and what depends on it, in both languages."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str


@dataclass(frozen=True, slots=True)
class Said:
    """A state of a part.

    Args:
        level: how bad it is.
        zh: one line; {name} shows a fact.
        en: the same.
        remedy_zh: what to do; empty when nothing is.
        remedy_en: the same.
        notice: shown above every page while it lasts.
    """

    level: Level
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    notice: bool = False


PARTS: dict[str, Part] = {
    "gateway": Part(
        "接收网关",
        "Gateway",
        "设备数据由此进入；先落盘，后应答。它停止时设备保留数据并补传。",
        "Device data come in here; stored first, acknowledged then. While it is down devices keep their data.",
    ),
    "disk": Part(
        "磁盘空间",
        "Disk space",
        "低于预留空间时不再应答设备；低于一半时入库和任务也停下，以免损坏数据。",
        "Below the reserve devices are not acknowledged; below half of it ingest and duties stand still, too.",
    ),
    "disk_forecast": Part(
        "磁盘预测",
        "Disk forecast",
        "按实测增长推算：多少天后到达预留空间。",
        "By measured growth: days until the reserve is reached.",
    ),
    "disk_speed": Part(
        "磁盘速度",
        "Disk speed",
        "每次应答都要等待原始报文同步到磁盘；磁盘慢，应答就慢。",
        "Every acknowledgement waits until the raw frame is synced; a slow disk delays them.",
    ),
    "worker": Part(
        "处理进程",
        "Worker",
        "将原始报文入库，并执行评价、监视等任务。",
        "Brings raw frames into the store and runs the duties.",
    ),
    "backlog": Part(
        "入库积压",
        "Backlog",
        "已应答而尚未入库的原始报文；不会丢失，但画面上的数值会晚到。",
        "Raw frames that are acknowledged and not in the store yet; none is lost, values show later.",
    ),
    "mqtt": Part(
        "MQTT 接入",
        "MQTT intake",
        "从消息服务器接收的数据；断开时消息在服务器上等待。",
        "Messages taken from a broker; while the line is cut they wait there.",
    ),
    "database": Part(
        "数据库",
        "Database",
        "登记、问题、案件和用户；中断期间设备数据继续落盘，页面不能读写。",
        "Register, findings, cases, users; while it is away device data are still kept, pages cannot work.",
    ),
    "clock": Part(
        "时钟",
        "Clock",
        "接收时间是证据的一部分，办理时限也依靠时钟。时钟跳变时停止应答，直到时间可信。",
        "Times of arrival are evidence, legal clocks need it. After a jump nothing is acknowledged until it is sure.",
    ),
    "backup": Part(
        "备份",
        "Backup",
        "数据库、数据湖、原始报文、证据和配置的完整副本。",
        "A whole copy of database, lake, raw frames, evidence and configuration.",
    ),
    "duties": Part(
        "定时任务",
        "Duties",
        "汇总、评价、监视和期限检查；迟了，问题就发现得晚。",
        "Roll-ups, judgements, watches, legal clocks; when they are late, problems are found late.",
    ),
    "silence": Part(
        "设备静默",
        "Silent devices",
        "超过允许时间没有数据的监测点。",
        "Streams that have sent nothing for longer than allowed.",
    ),
}

STATES: dict[tuple[str, str], Said] = {
    ("gateway", "ok"): Said(
        OK, "正在应答；{connections} 条连接，端口 {port}", "acknowledging; {connections} connections, port {port}"
    ),
    ("gateway", "never"): Said(
        WARNING,
        "尚未启动",
        "has not been started",
        "运行 qingtian up，或 qingtian gateway",
        "run qingtian up or qingtian gateway",
    ),
    ("gateway", "stopped"): Said(
        WARNING, "已停止", "was stopped", "运行 qingtian up 重新启动", "start it again: qingtian up", notice=True
    ),
    ("gateway", "silent"): Said(
        ERROR,
        "{age_s} 秒没有报告，设备可能没有得到应答",
        "has not reported for {age_s} s; devices may not be acknowledged",
        "看 run/gateway.log；重新启动 qingtian up",
        "see run/gateway.log; start qingtian up again",
        notice=True,
    ),
    ("gateway", "refusing_disk"): Said(
        ERROR,
        "停止应答：磁盘已满。设备保留数据并补传，没有丢失",
        "not acknowledging: the disk is full. Devices keep their data and send again; nothing is lost",
        "腾出空间；自动恢复",
        "free space; it goes on by itself",
        notice=True,
    ),
    ("gateway", "refusing_spool"): Said(
        ERROR,
        "停止应答：原始报文无法写入磁盘",
        "not acknowledging: raw frames cannot be written",
        "检查数据盘和权限；自动恢复",
        "check the data disk and its rights; it goes on by itself",
        notice=True,
    ),
    ("gateway", "refusing_clock"): Said(
        ERROR,
        "停止应答：时钟跳变，时间不可信",
        "not acknowledging: the clock jumped and is not certain",
        "校正系统时钟（NTP）；自动恢复",
        "set the clock (NTP); it goes on by itself",
        notice=True,
    ),
    ("disk", "plenty"): Said(
        OK, "可用 {free_mb} MiB，预留 {reserve_mb} MiB", "{free_mb} MiB free, reserve {reserve_mb} MiB"
    ),
    ("disk", "low"): Said(
        WARNING,
        "可用 {free_mb} MiB，接近预留 {reserve_mb} MiB",
        "{free_mb} MiB free, close to the reserve of {reserve_mb} MiB",
        "扩大磁盘，或缩短原始报文和分钟数据的保存时间",
        "give more disk, or keep raw frames and minute values for a shorter time",
    ),
    ("disk", "refusing"): Said(
        ERROR,
        "磁盘已满：可用 {free_mb} MiB，低于预留 {reserve_mb} MiB；停止应答设备",
        "the disk is full: {free_mb} MiB free, reserve {reserve_mb} MiB; devices are not acknowledged",
        "腾出空间；自动恢复",
        "free space; it goes on by itself",
        notice=True,
    ),
    ("disk", "standing"): Said(
        ERROR,
        "磁盘几乎用尽：可用 {free_mb} MiB；入库和任务已停下",
        "the disk is all but full: {free_mb} MiB free; ingest and duties stand still",
        "立即腾出空间；自动恢复",
        "free space at once; it goes on by itself",
        notice=True,
    ),
    ("disk_forecast", "measuring"): Said(
        OK, "测量中：样本 {samples} 个，需要 6 小时", "being measured; samples so far: {samples}, 6 hours are needed"
    ),
    ("disk_forecast", "steady"): Said(OK, "空间没有减少", "the free space does not shrink"),
    ("disk_forecast", "far"): Said(
        OK,
        "约 {days} 天后用到预留空间；每天 {per_day_mb} MiB",
        "about {days} days until the reserve; {per_day_mb} MiB a day",
    ),
    ("disk_forecast", "soon"): Said(
        WARNING,
        "约 {days} 天后用到预留空间；每天 {per_day_mb} MiB",
        "only about {days} days until the reserve; {per_day_mb} MiB a day",
        "现在就安排磁盘或保存期限",
        "plan for disk or shorter retention now",
    ),
    ("disk_speed", "ok"): Said(
        OK, "最近一分钟最慢 {slowest_ms} 毫秒", "the slowest sync of the last minute took {slowest_ms} ms"
    ),
    ("disk_speed", "unknown"): Said(OK, "网关没有运行，未测量", "not measured, the gateway does not run"),
    ("disk_speed", "slow"): Said(
        WARNING,
        "磁盘慢：一次同步用了 {slowest_ms} 毫秒，应答被推迟",
        "the disk is slow: a sync took {slowest_ms} ms, acknowledgements are delayed",
        "看同一磁盘上的其他负载（备份、快照、虚拟机邻居）",
        "look for other load on that disk (backups, snapshots, neighbours)",
        notice=True,
    ),
    ("disk_speed", "stalled"): Said(
        ERROR,
        "磁盘没有回应：一次同步已等待 {running_s} 秒，期间不应答",
        "the disk does not answer: a sync has been waiting for {running_s} s, nothing is acknowledged meanwhile",
        "检查磁盘或存储网络；自动恢复",
        "check the disk or its network; it goes on by itself",
        notice=True,
    ),
    ("worker", "ok"): Said(OK, "正在工作", "working"),
    ("worker", "never"): Said(
        WARNING,
        "尚未启动",
        "has not been started",
        "运行 qingtian up，或 qingtian worker",
        "run qingtian up or qingtian worker",
    ),
    ("worker", "stopped"): Said(
        WARNING, "已停止", "was stopped", "运行 qingtian up 重新启动", "start it again: qingtian up", notice=True
    ),
    ("worker", "silent"): Said(
        ERROR,
        "{age_s} 秒没有报告；数值不再更新，原始报文仍在保存",
        "has not reported for {age_s} s; values do not move on, raw frames are still kept",
        "看 run/worker.log；重新启动 qingtian up",
        "see run/worker.log; start qingtian up again",
        notice=True,
    ),
    ("worker", "standing"): Said(
        WARNING,
        "入库停下：{error}",
        "ingest stands still: {error}",
        "原因消除后自动继续；看 run/worker.log",
        "it goes on by itself when the cause is gone; see run/worker.log",
        notice=True,
    ),
    ("backlog", "ok"): Said(OK, "{lag_kb} KiB，{lag_s} 秒", "{lag_kb} KiB, {lag_s} s"),
    ("backlog", "growing"): Said(
        WARNING,
        "积压 {lag_kb} KiB，{lag_s} 秒",
        "{lag_kb} KiB wait, {lag_s} s behind",
        "等待；如继续增长，看 run/worker.log 和磁盘速度",
        "wait; if it keeps growing see run/worker.log and the speed of the disk",
    ),
    ("mqtt", "off"): Said(OK, "没有设置消息服务器", "no broker is set"),
    ("mqtt", "ok"): Said(
        OK,
        "已连接；消息 {messages} 条，数值 {values} 个，拒收 {refused} 条",
        "connected; {messages} messages, {values} values, {refused} refused",
    ),
    ("mqtt", "lost"): Said(
        WARNING,
        "没有连接到消息服务器：{error}",
        "not connected to the broker: {error}",
        "检查 mqtt_url、网络和消息服务器；自动重连",
        "check mqtt_url, the network and the broker; it connects again by itself",
    ),
    ("database", "ok"): Said(
        OK, "PostgreSQL {version}（{kind_zh}），{answer_ms} 毫秒", "PostgreSQL {version} ({kind_en}), {answer_ms} ms"
    ),
    ("database", "lost"): Said(
        ERROR,
        "数据库没有回应，已 {lost_s} 秒。设备数据继续接收和保存，恢复后补入",
        "the database has not answered for {lost_s} s. Device data are still taken and kept, and come in afterwards",
        "内置数据库会自动重启；自有服务器请检查地址和服务",
        "the embedded one is started again by itself; check address and service of your own server",
        notice=True,
    ),
    ("database", "old"): Said(
        ERROR,
        "PostgreSQL {version} 太旧",
        "PostgreSQL {version} is too old",
        "使用 15 或更新版本",
        "use version 15 or newer",
    ),
    ("clock", "ok"): Said(OK, "没有跳变", "no jump seen"),
    ("clock", "replayed"): Said(OK, "回放的城市时间，{speed} 倍", "replayed city time at {speed}x"),
    ("clock", "jumped"): Said(
        WARNING,
        "{at} 时钟跳变 {seconds} 秒，已恢复（{end_zh}）",
        "the clock jumped by {seconds} s at {at}; it is believed again ({end_en})",
        "检查 NTP；查看此时段的迟到数据和设备时钟",
        "check NTP; look at late values and device clocks of that time",
    ),
    ("clock", "doubt"): Said(
        ERROR,
        "时钟跳变 {seconds} 秒，时间不可信；停止应答和任务",
        "the clock jumped by {seconds} s and is not certain; acknowledgements and duties wait",
        "校正系统时钟（NTP）；时间可信后自动恢复",
        "set the clock (NTP); all goes on by itself when the time is certain",
        notice=True,
    ),
    ("backup", "off"): Said(
        WARNING,
        "没有安排备份",
        "no backup is scheduled",
        "设置 backup_folder（另一块磁盘或另一台机器）",
        "set backup_folder (another disk or machine)",
    ),
    ("backup", "never"): Said(
        WARNING,
        "还没有备份",
        "there is no backup yet",
        "等待第一次，或运行 qingtian backup",
        "wait for the first, or run qingtian backup",
    ),
    ("backup", "ok"): Said(OK, "{age_h} 小时前，{size_mb} MiB", "{age_h} h old, {size_mb} MiB"),
    ("backup", "manual"): Said(
        WARNING,
        "最后一次 {age_h} 小时前，没有安排定期备份",
        "the last one is {age_h} h old, none is scheduled",
        "设置 backup_folder",
        "set backup_folder",
    ),
    ("backup", "running"): Said(OK, "正在备份", "under way"),
    ("backup", "late"): Said(
        WARNING,
        "最后一次成功在 {age_h} 小时前",
        "the last good one is {age_h} h old",
        "看 run/worker.log 和备份盘；运行 qingtian backup",
        "see run/worker.log and the disk of the backups; run qingtian backup",
    ),
    ("backup", "failed"): Said(
        WARNING,
        "最后一次失败：{error}",
        "the last try failed: {error}",
        "消除原因；一小时内自动再试",
        "remove the cause; it is tried again within an hour",
    ),
    ("duties", "ok"): Said(OK, "{count} 项任务准时", "{count} duties on time"),
    ("duties", "never"): Said(OK, "还没有运行过", "none has run yet"),
    ("duties", "late"): Said(
        WARNING,
        "{late} 项任务迟了：{names_zh}",
        "{late} duties are late: {names_en}",
        "看处理进程的状态；恢复后补做",
        "look at the worker; what was missed is made up for",
    ),
    ("duties", "failing"): Said(
        WARNING,
        "{failing} 项任务失败：{names_zh}",
        "{failing} duties fail: {names_en}",
        "看下面的错误；到期时自动再试",
        "see the errors below; each is tried again when it is due",
    ),
    ("duties", "unknown"): Said(WARNING, "数据库没有回应，无法得知", "unknown while the database is away"),
    ("silence", "ok"): Said(OK, "没有静默的监测点；在线设备 {devices} 台", "none; {devices} devices connected"),
    ("silence", "some"): Said(
        WARNING,
        "{late} 个监测点静默；在线设备 {devices} 台",
        "{late} streams are silent; {devices} devices connected",
        "打开问题列表中的数据中断",
        "see late streams among the findings",
    ),
    ("silence", "unknown"): Said(WARNING, "数据库没有回应，无法得知", "unknown while the database is away"),
}

ENDS = {
    "back": ("时钟回到原处", "it came back"),
    "devices": ("设备时间一致", "devices agree with the new time"),
    "steady": ("新时间稳定", "the new time stayed steady"),
    "": ("", ""),
}
INSTALLED = {  # checks of qingtian check that belong to the installation
    "configuration": ("配置", "Configuration"),
    "storage": ("数据文件夹", "Data folder"),
    "lake": ("数据湖组件", "Lake engine"),
    "fonts": ("中文字体", "Chinese fonts"),
    "web": ("页面文件", "Pages"),
}
