"""The duty room of the demo city: simulated people hold it around the clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from qingtian.apps.accounts.actor import actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.rosters.actions.keep_roster import RosterDraft, RotationDraft, add_rotation, set_up_roster
from qingtian.apps.rosters.models import Roster
from qingtian.demo.people import CITY
from qingtian.runtime.clock import SHANGHAI

ROSTER = "duty-room"
HALF_A_DAY = 720  # min
SHIFTS = (
    ("白班", "day", time(8), ("duty",)),
    ("夜班", "night", time(20), ("handler", "inspector1", "inspector2")),
)


def seed_roster(at: datetime) -> None:
    """Set up the roster; a repeated call changes nothing.

    Args:
        at: city time; from the day before on somebody is on duty.
    """
    if Roster.objects.filter(code=ROSTER).exists():
        return
    keeper = actor_of(User.objects.get(username="steward"))
    room = RosterDraft(
        code=ROSTER,
        name_zh="市值班室（模拟）",
        name_en="City duty room (simulated)",
        region_code=CITY,
        simulated=True,
    )
    set_up_roster(keeper, at, room)
    first = at.astimezone(SHANGHAI).date() - timedelta(days=1)
    for zh, en, starts, members in SHIFTS:
        draft = RotationDraft(name_zh=zh, name_en=en, starts=starts, minutes=HALF_A_DAY, members=members, first=first)
        add_rotation(keeper, at, ROSTER, draft)
