"""Words that are longer than their column are refused by field, or cut where that is said; never a database error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.apps.attempts import kept, refusal
from tests.apps.cases.walking import DISPATCHER, HANDLER, opened
from tests.apps.city import NOW, found, outlet
from tests.apps.evidence.test_evidence import PDF
from tests.apps.registry.test_registry import draft

from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import register_object
from qingtian.apps.registry.actions.update_object import update_object
from qingtian.domain.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    with kept(django_db_blocker):
        yield opened(outlet())


def attach(case: Case, **more: str) -> object:
    return attach_file(
        HANDLER,
        NOW,
        of_case(case.pk),
        PDF,
        kind=EvidenceKind.PHOTO,
        media_type="application/pdf",
        **{"file_name": "a.pdf", **more},
    )


LONG: dict[str, tuple[Callable[[Case, str], object], int, str]] = {
    "user name": (lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft(w, ())), 150, "username"),
    "display name": (
        lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", (), display_name=w)),
        150,
        "display_name",
    ),
    "display name en": (
        lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", (), display_name_en=w)),
        150,
        "display_name_en",
    ),
    "card": (lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", (), card_number=w)), 40, "card_number"),
    "region of a role": (
        lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", (Grant(Role.HANDLER, w),))),
        12,
        "region_code",
    ),
    "enterprise of a role": (
        lambda c, w: create_user(SYSTEM_ACTOR, NOW, UserDraft("li", (Grant(Role.HANDLER, "", w),))),
        64,
        "org",
    ),
    "code": (lambda c, w: register_object(SYSTEM_ACTOR, NOW, draft(code=w)), 64, "code"),
    "name": (lambda c, w: register_object(SYSTEM_ACTOR, NOW, draft(code="E-5", name=w)), 200, "name"),
    "English name": (lambda c, w: register_object(SYSTEM_ACTOR, NOW, draft(code="E-5", name_en=w)), 200, "name_en"),
    "region": (lambda c, w: register_object(SYSTEM_ACTOR, NOW, draft(code="E-5", region_code=w)), 12, "region_code"),
    "name in an import": (
        lambda c, w: register_many(SYSTEM_ACTOR, NOW, [draft(code="E-5", name=w)]),
        200,
        "drafts[0].name",
    ),
    "new name": (
        lambda c, w: update_object(SYSTEM_ACTOR, NOW, c.object_id, {"name": w}, reason="x"),
        200,
        "name",
    ),
    "title of a case": (
        lambda c, w: open_case(DISPATCHER, NOW, found(c.object, parameter="a21026").pk, title=w),
        300,
        "title",
    ),
    "title of an item": (lambda c, w: attach(c, title=w), 300, "title"),
    "who made an item": (lambda c, w: attach(c, captured_by=w), 150, "captured_by"),
}


@pytest.mark.parametrize("what", LONG)
def test_one_character_too_many_is_refused_by_field(case: Case, what: str) -> None:
    job, longest, field = LONG[what]
    error = refusal(lambda: job(case, "x" * (longest + 1)))
    assert isinstance(error, InvalidInput)
    assert (error.field, bool(error.remedy)) == (field, True)


@pytest.mark.parametrize("what", LONG)
def test_the_longest_word_is_kept_as_it_is(case: Case, what: str) -> None:
    job, longest, _ = LONG[what]
    job(case, "长" * longest)
