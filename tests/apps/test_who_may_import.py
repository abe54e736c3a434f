"""Every role in every scope tries to import, to save a mapping and to withdraw."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from tests.apps.attempts import DONE, NOT_PERMITTED, NOT_VISIBLE, outcome, people
from tests.apps.city import NOW

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.imports.actions.run_import import withdraw_import
from qingtian.apps.imports.actions.save_mapping import save_mapping
from qingtian.apps.imports.actions.upload_file import upload_file
from qingtian.apps.imports.models import DataImport
from qingtian.telemetry.importers.guessing import presets

# Importing needs a role somewhere: which sites it reaches is told row by row (tests/duties/test_import_files.py).
ANYWHERE: dict[str, tuple[Callable[[Actor], object], str]] = {
    "import_data": (
        lambda w: upload_file(w, NOW, BytesIO(b"time,site,pm25\n"), "a.csv"),
        "data_steward inspector system",
    ),
    "save_mapping": (lambda w: save_mapping(w, NOW, presets()[0]), "data_steward inspector system"),
}


def tried(job: Callable[[Actor], object]) -> dict[tuple[str, str], str]:
    return {(role, scope): outcome(lambda w=who: job(w)) for role, scope, who in people()}


@pytest.mark.parametrize("verb", ANYWHERE)
def test_importing_needs_a_role_somewhere(db: None, verb: str) -> None:
    job, allowed = ANYWHERE[verb]
    expected = {(role, scope): DONE if role in allowed.split() else NOT_PERMITTED for role, scope, _ in people()}
    assert tried(job) == expected


def test_an_import_is_withdrawn_by_who_sees_it_and_may(db: None) -> None:
    def job(who: Actor) -> object:
        row = upload_file(SYSTEM_ACTOR, NOW, BytesIO(b"time,site,pm25\n"), "a.csv")
        DataImport.objects.filter(pk=row.pk).update(state="done")
        return withdraw_import(who, NOW, row.number, "wrong")

    may = ("data_steward", "supervisor", "system")

    def told(role: str, scope: str) -> str:
        if role not in may:
            return NOT_PERMITTED
        return DONE if scope == "everywhere" else NOT_VISIBLE

    assert tried(job) == {(role, scope): told(role, scope) for role, scope, _ in people()}
