"""Words to the outside: what waits becomes bundles, bundles go out, what failed is tried again."""

from __future__ import annotations

import time

from qingtian.apps.notices.actions.deliver import claim, due_deliveries, make_bundles, note_failure, note_sent
from qingtian.apps.notices.channels import send
from qingtian.apps.notices.channels.errors import ChannelError
from qingtian.apps.notices.states import DeliveryState
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.settings import get_settings

LONGEST_S = 20.0  # of one run: a dead server must not keep other duties waiting


def send_notices(context: DutyContext) -> DutyReport:
    """Bundle and send, the most severe first; nothing is lost by a kill between the two: the lease brings it back."""
    make_bundles(context.now)
    report = DutyReport()
    ends_at = time.monotonic() + LONGEST_S
    sent = failed = dead = 0
    for delivery_id in due_deliveries(context.now):
        if time.monotonic() > ends_at:
            report.notes.append("the time of this run is over; the rest goes out by the next")
            break
        row = claim(context.now, delivery_id)
        if row is None:
            continue
        try:
            send(row, get_settings(), machine_time_s=time.time())
        except ChannelError as error:
            failed += 1
            dead += note_failure(context.now, row.pk, str(error), final=error.final) is DeliveryState.DEAD
        else:
            note_sent(context.now, row.pk)
            sent += 1
    if sent or failed:
        report.notes.append(f"{sent} sent, {failed} failed, {dead} given up")
    return report
