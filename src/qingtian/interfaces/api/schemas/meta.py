"""Who serves, what time it is in the city, who is signed in."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Input, Schema


class ClockOut(Schema):
    """The time of the city."""

    now: CityTime
    speed: float = Field(description="city seconds per real second; 1 when not replayed")
    paused: bool
    replay: bool = Field(description="whether historical data are replayed")
    label_zh: str = Field(
        description="what must be said about the data on every page and export; empty when all is real"
    )
    label_en: str


class CityOut(Schema):
    """The city of the deployment."""

    code: str = Field(description="GB/T 2260")
    name: str
    name_en: str
    center: list[float] | None = Field(description="[lon, lat], degrees, WGS 84; null before a region is registered")


class DemoAccount(Schema):
    """An account of the demo; needs no password in demo mode."""

    username: str
    display_name: str
    display_name_en: str
    roles: list[str]


class MetaOut(Schema):
    """What a client needs before anybody signs in."""

    version: str
    mode: str
    clock: ClockOut
    city: CityOut
    demo_accounts: list[DemoAccount] = Field(description="empty unless in demo mode")
    provider: str = Field(description="words of the button for the provider of identities; empty when there is none")


class GrantOut(Schema):
    """A role within a scope; empty parts do not restrict."""

    role: str
    region_code: str
    org: str
    case_type: str


class UserOut(Schema):
    """Who is signed in."""

    username: str
    display_name: str
    display_name_en: str
    roles: list[str]
    grants: list[GrantOut]
    permissions: list[str] = Field(description="verbs that the roles allow somewhere; each object is checked again")
    simulated: bool


class Challenge(StrEnum):
    """What a sign-in still needs."""

    NONE = ""
    CODE = "code"  # of the second factor: send it with name and password
    PROVE = "prove"  # signed in by a provider that asked for a password only: send the code to /me/second-factor/prove
    ENROL = "enrol"  # the role needs a second factor and the account has none


class PrincipalOut(Schema):
    """Somebody whom the user may stand in for now."""

    username: str
    display_name: str
    display_name_en: str
    until: CityTime


class SessionOut(Schema):
    """The session of this browser."""

    authenticated: bool
    challenge: Challenge = Field(description="what is missing when name and password were right")
    acting_for: PrincipalOut | None = Field(description="whom the user stands in for; the roles are that person's")
    may_act_for: list[PrincipalOut]
    user: UserOut | None
    csrf_token: str = Field(description="send as header X-CSRFToken with every change")


class LoginIn(Input):
    """Sign in with a password."""

    username: str = Field(min_length=1, max_length=150)
    password: str = Field(min_length=1, max_length=1000)
    code: str = Field("", max_length=20, description="of the second factor, or a recovery code")


class DemoLoginIn(Input):
    """Sign in as an account of the demo."""

    username: str = Field(min_length=1, max_length=150)


class ClockIn(Input):
    """Another speed or a pause of the replayed city."""

    speed: float | None = Field(None, description="1 to 3600 city seconds per real second")
    paused: bool | None = None


class PersonOut(Schema):
    """Somebody who can be named on a case."""

    username: str
    display_name: str
    display_name_en: str
    roles: list[str]
