"""Times of files: ISO, the forms that Excel and Chinese reports write, 24:00, and forms named by the mapping."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.mapping import TimeColumns

_FORM = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:[ T]+)(\d{1,2})(?:[:：时点](\d{1,2})?分?(?:[:：](\d{1,2})(?:\.\d+)?)?)?)?秒?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?)?)?()")
DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200
_SHANGHAI_MIN = 480


class TimeReader:
    """Reads the time columns of one mapping.

    Args:
        spec: what the mapping says.
    """

    def __init__(self, spec: TimeColumns) -> None:
        self._formats = spec.formats
        self._year = spec.default_year
        self._ends_its_date = spec.midnight == "end_of_same_day"
        offset = spec.utc_offset_min
        self._zone = SHANGHAI if offset == _SHANGHAI_MIN else timezone(timedelta(minutes=offset))

    def read(self, text: str) -> datetime | None:
        """A time in city time; None when it is none.

        >>> from qingtian.telemetry.importers.mapping import TimeColumns
        >>> reader = TimeReader(TimeColumns(columns=("t",)))
        >>> [str(reader.read(one))[:16] for one in ("2018/1/5 8:00", "2018-11-24 24:00", "20181124080000", "8:00")]
        ['2018-01-05 08:00', '2018-11-25 00:00', '2018-11-24 08:00', 'None']
        """
        text = text.strip()
        try:
            found = self._by_format(text) if self._formats else self._by_form(text)
        except (ValueError, OverflowError):
            return None
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            return None
        if self._ends_its_date and not (found.hour or found.minute or found.second):
            found += DAY
        return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(SHANGHAI)

    def as_written(self, at: datetime) -> datetime:
        """A time on the clock of whoever wrote the file."""
        return at.astimezone(self._zone)

    def _by_format(self, text: str) -> datetime | None:
        for form in self._formats:
            yearless = "%Y" not in form and "%y" not in form
            # 29 February can only be read with its year.
            given, wanted = (f"{self._year} {text}", f"%Y {form}") if yearless else (text, form)
            try:
                return datetime.strptime(given, wanted)  # noqa: DTZ007  the zone is the mapping's
            except ValueError:
                continue
        return None

    def _by_form(self, text: str) -> datetime | None:
        found = _FORM.fullmatch(text) or _COMPACT.fullmatch(text)
        if found is None:
            return None
        year, month, day, hour, minute, second, zone = found.groups()
        midnight = hour == "24" and not int(minute or 0) and not int(second or 0)
        clock = (0, 0, 0) if midnight else (int(hour or 0), int(minute or 0), int(second or 0))
        at = datetime(int(year), int(month), int(day), *clock, tzinfo=_offset(zone) if zone else self._zone)
        return at + DAY if midnight else at


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
