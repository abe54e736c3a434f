"""Accounts, their keys, browsers, deputies; the matrix of rights; who read what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qingtian.apps.accounts.roles import Role
from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.meta import GrantOut, PersonOut
from qingtian.interfaces.api.schemas.places import PlaceOut


class SecondFactorState(Schema):
    """The second factor of one's own account."""

    enrolled: bool
    required: bool = Field(description="whether a role of the account may sign in with one only")
    recovery_left: int


class SecondFactorOffer(Schema):
    """A new secret for a generator; nobody sees it again."""

    secret: str = Field(description="base32, to be typed where no camera is")
    uri: str = Field(description="otpauth://, what the picture says")
    picture: str = Field(description="the QR code as SVG; empty where the extra `access` is not installed")


class CodeIn(Input):
    """A code of the second factor."""

    code: str = Field(min_length=1, max_length=20)


class RecoveryCodes(Schema):
    """Codes that let in once each without the generator; nobody sees them again."""

    codes: list[str]


class PasswordIn(Input):
    """Another password for oneself."""

    old: str = Field(min_length=1, max_length=1000)
    new: str = Field(min_length=1, max_length=1000)


class BrowserOut(Schema):
    """A browser that is signed in."""

    id: int
    way: str
    opened_at: CityTime = Field(description="the machine's time")
    seen_at: CityTime = Field(description="the machine's time, exact to five minutes")
    address: str
    agent: str
    current: bool = Field(description="whether it is the one that asks")


class EndedOut(Schema):
    """How many browsers were signed out."""

    ended: int


class KeyIn(Input):
    """A key for a program."""

    name: str = Field(min_length=1, max_length=100, description="which program uses it")
    scopes: list[str] = Field(min_length=1, max_length=100, description="`read`, and names of verbs")
    days: int = Field(90, ge=1, le=366)


class KeyOut(Schema):
    """A key, without its text."""

    id: int
    name: str
    owner: str
    prefix: str
    scopes: list[str]
    made_at: CityTime
    expires_at: CityTime
    used_at: CityTime | None
    used_from: str
    state: Literal["valid", "expired", "revoked"]


class NewKeyOut(KeyOut):
    """A key that was just made, with its text: nobody sees it again."""

    key: str = Field(description="send as `Authorization: Bearer ...`")


class DelegationIn(Input):
    """Who stands in."""

    deputy: str = Field(min_length=1, max_length=150)
    starts_at: Moment
    ends_at: Moment
    reason: str = Field(min_length=1, max_length=200)


class DelegationOut(Schema):
    """Somebody stands in for somebody else for a time."""

    id: int
    principal: str
    principal_name: str
    deputy: str
    deputy_name: str
    starts_at: CityTime
    ends_at: CityTime
    reason: str
    made_at: CityTime
    ended_at: CityTime | None
    state: Literal["coming", "running", "over"]
    may_end: bool


class ActingIn(Input):
    """Whom to stand in for."""

    username: str = Field("", max_length=150, description="empty: act for oneself again")


class GrantIn(Input):
    """A role within a scope; empty parts do not restrict."""

    role: Role
    region_code: str = Field("", max_length=12)
    org: str = Field("", max_length=64)
    case_type: str = Field("", max_length=20)


class UserAccountIn(Input):
    """A new account."""

    username: str = Field(min_length=1, max_length=150)
    display_name: str = Field("", max_length=150)
    display_name_en: str = Field("", max_length=150)
    card_number: str = Field("", max_length=40)
    grants: list[GrantIn] = Field(max_length=50)
    password: str | None = Field(None, max_length=1000, description="empty: only a provider of identities lets in")


class UserAccountPatch(Input):
    """What changes of an account; what is left out stays."""

    display_name: str | None = Field(None, max_length=150)
    display_name_en: str | None = Field(None, max_length=150)
    card_number: str | None = Field(None, max_length=40)
    grants: list[GrantIn] | None = Field(None, max_length=50)
    active: bool | None = None
    password: str | None = Field(None, max_length=1000)


class ReasonOnly(Input):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class UserAccountRow(PersonOut):
    """An account in a list."""

    active: bool
    simulated: bool
    grants: list[GrantOut]
    second_factor: bool
    seen_at: CityTime | None = Field(description="when one of its browsers was last used; the machine's time")


class UserAccountPage(Page[UserAccountRow]):
    """A page of accounts."""


class UserAccountEvent(Schema):
    """Something that happened to an account."""

    at: CityTime
    type: str
    actor: str
    detail: str


class UserAccountDetail(UserAccountRow):
    """An account with everything that opens the door for it."""

    card_number: str
    has_password: bool
    identities: list[str] = Field(description="providers of identities that vouch for it")
    sessions: list[BrowserOut]
    keys: list[KeyOut]
    delegations: list[DelegationOut]
    events: list[UserAccountEvent]
    may_manage: bool


class RightRow(Schema):
    """One action on one kind of object: which roles may."""

    object_type: str
    object_zh: str
    object_en: str
    verb: str
    action_zh: str
    action_en: str
    cells: dict[str, bool] = Field(description="by role")


class SightRow(Schema):
    """How much of one kind of object each role sees."""

    object_type: str
    object_zh: str
    object_en: str
    cells: dict[str, Literal["all", "scope", "own", "part", "none"]] = Field(
        description="all: everybody's; scope: of its region and organisation; own: of its enterprise; part: masked"
    )


class RightsOut(Schema):
    """The matrix role x object x action, as the code has it."""

    roles: list[str]
    actions: list[RightRow]
    sights: list[SightRow]


class ReadRow(Schema):
    """Somebody read what the law wants to know about."""

    at: CityTime
    kind: Literal["identity", "original", "export", "custody"]
    actor: str
    actor_name: str
    acting_for: str
    role: str
    subject: str = Field(description="such as C-2025-000012")
    link: str = Field(description="page of the subject on the desk")
    detail: str


class ReadPage(Page[ReadRow]):
    """A page of such reads."""


class KeeperOut(Schema):
    """Who looks after a grid."""

    type: str
    code: str
    name: str
    phone: str = Field(description="whole or masked, by the reader's role")


class GridOut(Schema):
    """The grid that holds a point."""

    grid: PlaceOut | None
    keepers: list[KeeperOut]
