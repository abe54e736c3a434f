"""`qingtian user`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from qingtian.apps.accounts.actor import Grant

ROLE_HELP = "role, or role:region (420107), or enterprise_user::CODE; may be given more than once"


@click.group("user")
def command() -> None:
    """Create a user or set roles and password."""


def _grant(text: str) -> Grant:
    from qingtian.apps.accounts.actor import Grant
    from qingtian.apps.accounts.roles import Role
    from qingtian.domain.errors import InvalidInput

    name, region, org = [*text.split(":"), "", ""][:3]
    try:
        return Grant(Role(name), region, org)
    except ValueError as error:
        raise InvalidInput(
            f"there is no role {name}", field="role", remedy=f"one of: {', '.join(role.value for role in Role)}"
        ) from error


@command.command("create")
@click.argument("username")
@click.option("--role", "roles", multiple=True, required=True, help=ROLE_HELP)
@click.option("--display-name", default="", help="Name shown on pages.")
@click.option("--card", default="", help="Enforcement card number (inspectors).")
@click.password_option(help="At least ten characters; asked for when not given.")
def create(username: str, roles: tuple[str, ...], display_name: str, card: str, password: str) -> None:
    """Create an account."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.runtime.clock import current_clock

    grants = tuple(_grant(role) for role in roles)
    draft = UserDraft(username, grants, password, display_name=display_name, card_number=card)
    create_user(SYSTEM_ACTOR, current_clock().now(), draft)
    click.echo(f"created {username}")


@command.command("set")
@click.argument("username")
@click.option("--role", "roles", multiple=True, help=ROLE_HELP)
@click.option("--password", is_flag=True, help="Ask for a new password.")
@click.option("--active/--inactive", default=None, help="Let the account sign in, or not.")
def change(username: str, roles: tuple[str, ...], password: bool, active: bool | None) -> None:
    """Change roles, password or activity of an account."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actions.change_user import change_user
    from qingtian.apps.accounts.actor import SYSTEM_ACTOR
    from qingtian.runtime.clock import current_clock

    new_password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    grants = tuple(_grant(role) for role in roles) or None
    change_user(SYSTEM_ACTOR, current_clock().now(), username, password=new_password, grants=grants, active=active)
    click.echo(f"changed {username}")


@command.command("list")
def listing() -> None:
    """List the accounts with their roles."""
    from qingtian.cli.django import setup_django

    setup_django()
    from qingtian.apps.accounts.actions.create_user import shown
    from qingtian.apps.accounts.actor import actor_of
    from qingtian.apps.accounts.models import User

    for user in User.objects.order_by("username"):
        state = "" if user.is_active else "  (inactive)"
        click.echo(f"{user.username:24} {', '.join(shown(actor_of(user).grants))}{state}")


@command.command("roles")
def roles() -> None:
    """List the roles."""
    from qingtian.apps.accounts.roles import Role

    for role in Role:
        click.echo(role.value)
