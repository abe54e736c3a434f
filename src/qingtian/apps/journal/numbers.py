"""Numbers of findings and cases: F-2025-000123, C-2025-000012; without gaps, by year of city time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from qingtian.apps.journal.record import SHANGHAI, writing

NEXT = """
INSERT INTO journal_numberseries (prefix, year, last) VALUES (%s, %s, 1)
ON CONFLICT ON CONSTRAINT series_once_per_year DO UPDATE SET last = journal_numberseries.last + 1
RETURNING last
"""


def next_number(prefix: str, at: datetime) -> str:
    """Draw the next number of a series; given back if the transaction fails.

    Args:
        prefix: F for findings, C for cases.
        at: city time, whose year in Asia/Shanghai counts.
    """
    year = at.astimezone(SHANGHAI).year
    with writing(), connection.cursor() as cursor:
        cursor.execute(NEXT, [prefix, year])
        return format_number(prefix, year, int(cursor.fetchone()[0]))


def format_number(prefix: str, year: int, serial: int) -> str:
    """The written form of a number.

    >>> format_number("F", 2025, 123)
    'F-2025-000123'
    """
    return f"{prefix}-{year}-{serial:06d}"
