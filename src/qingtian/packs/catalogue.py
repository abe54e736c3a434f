"""Every table of the packs; a new one is one line here.

A module with tables has `TABLES`, a tuple of `qingtian.packs.tables.Table`.
"""

from __future__ import annotations

from typing import Any

from qingtian.packs.tables import Table


def all_tables() -> tuple[Table[Any], ...]:
    """Every table, file by file."""
    from qingtian.packs import detection, loader, media

    return (*loader.TABLES, *detection.TABLES, *media.TABLES, *later_tables())


def later_tables() -> tuple[Table[Any], ...]:
    """Tables that `Packs.of` reads at first use and no other field of `Packs` holds; add yours here."""
    from qingtian.packs import (
        air_evaluation,
        balances,
        checklists,
        decisions,
        disclosures,
        evaluation,
        evidence,
        finding_kinds,
        indicators,
        ledgers,
        media_parameters,
        notices,
        objects,
        obligations,
        quality,
        reports,
    )

    return (
        *evaluation.TABLES,
        *quality.TABLES,
        *air_evaluation.TABLES,
        *indicators.TABLES,
        *decisions.TABLES,
        *disclosures.TABLES,
        *balances.TABLES,
        *media_parameters.TABLES,
        *objects.TABLES,
        *finding_kinds.TABLES,
        *obligations.TABLES,
        *evidence.TABLES,
        *ledgers.TABLES,
        *checklists.TABLES,
        *notices.TABLES,
        *reports.TABLES,
    )


def table_of(file: str) -> Table[Any] | None:
    """The table that a file holds."""
    return next((one for one in all_tables() if one.file == file), None)
