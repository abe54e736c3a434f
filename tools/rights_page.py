"""Write docs/rights.md from the table of rights itself (`make docs`); a test holds the two together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qingtian.apps.accounts.rights import ActionRight, SightRight

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rights.md"
HEAD = """# Rights: role x object x action

Made by `make docs` from `apps/accounts/permissions.py` and `apps/accounts/rights.py`; the desk shows the same table on
`/desk/rights`, the API at `GET /api/v1/rights`. A role counts within its scope (region, organisation, kind of case): a cell says
what the role may do *there*, and each object is checked again when something is done to it. `tests/apps/test_who_may.py` tries every
action as every role in every scope, `tests/interfaces/test_access.py` every route of the API as everybody,
`tests/interfaces/test_rights_matrix.py` holds both against this table, cell by cell.

Codes of the columns: ci citizen, en enterprise user, wi window, di dispatcher, ha handler, in inspector, le legal reviewer,
ap approver, su supervisor, au auditor, da data steward, sy the platform itself.
"""
SIGHTS = {"all": "all", "scope": "scope", "own": "own", "part": "part", "none": "·"}


def rendered() -> str:
    """The page as it should be."""
    from qingtian.apps.accounts.rights import OBJECTS, action_rights, sight_rights
    from qingtian.apps.accounts.roles import Role

    roles = list(Role)
    columns = " | ".join(role.value[:2] for role in roles)
    rule = "|---" * (len(roles) + 2) + "|\n"
    acts = "".join(_act(row, OBJECTS[row.object_type][1], roles) for row in action_rights())
    sights = "".join(_sight(row, roles) for row in sight_rights())
    return (
        HEAD
        + f"\n## Who may do what\n\n| object | action | {columns} |\n{rule}{acts}"
        + "\n## Who sees what\n\n`all` everybody's, `scope` of its region and organisation, `own` of its enterprise, `part` masked or made"
        + f" coarse, `·` nothing.\n\n| object | | {columns} |\n{rule}{sights}"
    )


def _act(row: ActionRight, kind: str, roles: list[str]) -> str:
    cells = " | ".join("●" if role in row.roles else "·" for role in roles)
    return f"| {kind} | `{row.verb}` {row.zh} | {cells} |\n"


def _sight(row: SightRight, roles: list[str]) -> str:
    cells = " | ".join(SIGHTS[row.cells[role]] for role in roles)  # type: ignore[index]
    return f"| {row.en} | {row.zh} | {cells} |\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_base")
    import django

    django.setup()
    PAGE.write_text(rendered(), "utf-8")
