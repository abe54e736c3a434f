"""What one simulated device is and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.wire import WireSettings
from qingtian.simulator.profile import Profile
from qingtian.simulator.timing import DAY_S
from qingtian.simulator.trouble import NO_TROUBLE, Trouble

LONGEST_AREA = 950  # bytes of CP, HJ 212-2017 table 2


class Split(StrEnum):
    """How a record that is too long for one frame is sent."""

    WHOLE = "whole"  # every part a complete data area with its own QN, as in the examples of the standard
    CUT = "cut"  # one text cut in the middle, one QN, as some devices do


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """One device.

    Args:
        mn: its number.
        profile: what it measures.
        wire: edition, password, zone, SM4 key and its form, OverTime and ReCount.
        seed: seed of its values and its trouble.
        st: system code; empty takes the profile's (44 instead of 51 for power in the 2025 edition).
        realtime_s: seconds between 2011 frames; 0 takes the profile's.
        minute_min: minutes of a 2051 record; 0 takes the profile's.
        realtime: sends 2011 from the start (else the host starts it by 2011).
        state: sends 2021 from the start.
        periods: sends minute, hour and day records.
        ack: uploads ask for an answer (bit 0 of Flag).
        realtime_ack: 2011 frames ask for an answer, too.
        history_ack: records of a history answer ask for an answer.
        send_qn: uploads carry a QN; None: always, but for uploads of 2005 that ask for no answer.
        split: how long records are split.
        split_bytes: longest data area, bytes.
        heartbeat_s: seconds between 9015; 0 = none.
        login: sends 9021 after connecting.
        activate: sends 1001 after connecting until the host gave it an MN by 1002 (2025).
        announce: after the first connecting sends an instrument log (3020) that says that it is simulated.
        log_s: seconds between two instrument log entries sent as 3020; 0 = none.
        clock_check_s: seconds between two 1013; 0 = none.
        rekey_s: seconds between two 1014 asking for a new SM4 key; 0 = none.
        check_s: seconds between two automatic checks with standard sample (2062, 2025); 0 = none.
        clock_offset_s: clock ahead (positive) or behind at the start, s.
        clock_drift_s_per_day: gain or loss of the clock.
        history_s: how far back its memory reaches, s.
        backfill_s: so much is sent as back-fill after the first connecting, s.
        spread_s: reports are spread over so many seconds after they are due, s.
        action_s: time between 9011 and 9012 of an order, s.
        calibration_s: time for which an ordered calibration marks the values C, s.
        window: records under way at a time in a back-fill or a history answer.
        trouble: what goes wrong.
        given_password: password that the frames carry when it is not the registered one (trouble `wrong_pw`).
    """

    mn: str
    profile: Profile
    wire: WireSettings = field(default_factory=WireSettings)
    seed: int = 1
    st: str = ""
    realtime_s: int = 0
    minute_min: int = 0
    realtime: bool = True
    state: bool = False
    periods: bool = True
    ack: bool = True
    realtime_ack: bool = True
    history_ack: bool = True
    send_qn: bool | None = None
    split: Split = Split.WHOLE
    split_bytes: int = LONGEST_AREA
    heartbeat_s: float = 0.0
    login: bool = False
    activate: bool = False
    announce: bool = False
    log_s: float = 0.0
    clock_check_s: float = 0.0
    rekey_s: float = 0.0
    check_s: float = 0.0
    clock_offset_s: float = 0.0
    clock_drift_s_per_day: float = 0.0
    history_s: float = 30.0 * DAY_S
    backfill_s: float = 0.0
    spread_s: float = 0.0
    action_s: float = 0.5
    calibration_s: float = 600.0
    window: int = 8
    trouble: Trouble = NO_TROUBLE
    given_password: str = ""

    def __post_init__(self) -> None:
        """Refuse what no device can be."""
        if not self.mn or not self.mn.isascii() or not self.mn.replace("-", "").replace("_", "").isalnum():
            raise InvalidInput(f"{self.mn!r} is no MN", field="mn", remedy="1 to 24 letters and digits")
        if self.activate and self.edition is not Edition.E2025:
            raise InvalidInput(
                "activation (1001, 1002) is of the 2025 edition", field="activate", remedy="--edition 2025"
            )
        if self.split_bytes < 64:
            raise InvalidInput("a part holds at least one item", field="split_bytes", remedy="give 64 to 950")

    @property
    def edition(self) -> Edition:
        """Edition of the standard."""
        return self.wire.edition

    @property
    def system(self) -> str:
        """System code of its frames."""
        if self.st:
            return self.st
        if self.profile.st == "51" and self.profile.site == "power_meter" and self.edition is Edition.E2025:
            return "44"
        return self.profile.st

    @property
    def qn_in_uploads(self) -> bool:
        """Whether uploads carry a QN; without one a host cannot tell which of several frames it answers."""
        if self.send_qn is not None:
            return self.send_qn
        return self.ack or self.edition is not Edition.E2005
