"""Meta, sessions and the demo's clock."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from qingtian.interfaces.api.auth import Anybody, SignedIn, actor
from qingtian.interfaces.api.present import city, sessions
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.meta import (
    ClockIn,
    ClockOut,
    DemoLoginIn,
    LoginIn,
    MetaOut,
    PersonOut,
    SessionOut,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["session"])


@router.get("/meta", response=reads(MetaOut), auth=Anybody(), summary="Version, city time, city, demo accounts")
def meta(request: HttpRequest) -> MetaOut:
    """What a client needs before anybody signs in; also for visitors."""
    return city.meta()


@router.get("/session", response=reads(SessionOut), auth=Anybody(), summary="Who is signed in, and the CSRF token")
def session(request: HttpRequest) -> SessionOut:
    """The session of this browser; sets the CSRF cookie."""
    return sessions.session_out(request)


@router.post("/session", response=writes(SessionOut), auth=Anybody(), summary="Sign in")
def sign_in(request: HttpRequest, data: LoginIn) -> SessionOut:
    """Sign in with a password, and the code where the account has a second factor; who fails too often must wait."""
    challenge = sessions.sign_in(request, current_clock().now(), data)
    return sessions.session_out(request, challenge)


@router.delete("/session", response=writes(SessionOut), auth=Anybody(), summary="Sign out")
def sign_out(request: HttpRequest) -> SessionOut:
    """End the session."""
    sessions.sign_out(request, current_clock().now())
    return sessions.session_out(request)


@router.post("/demo/session", response=writes(SessionOut), auth=Anybody(), summary="Sign in as a demo account")
def demo_sign_in(request: HttpRequest, data: DemoLoginIn) -> SessionOut:
    """Sign in without a password; only in demo mode and only as a simulated account."""
    sessions.demo_sign_in(request, current_clock().now(), data.username)
    return sessions.session_out(request)


@router.put("/demo/clock", response=writes(ClockOut), auth=SignedIn(), summary="Speed or pause of the replayed city")
def demo_clock(request: HttpRequest, data: ClockIn) -> ClockOut:
    """Change how fast replayed city time runs; only in demo mode."""
    return city.change_clock(speed=data.speed, paused=data.paused)


@router.get("/people", response=reads(list[PersonOut]), auth=SignedIn(), summary="Who can be named on a case")
def people(request: HttpRequest, object: str = "") -> list[PersonOut]:
    """Active officials with a role for an object (`type:code`), or anywhere."""
    return sessions.people(actor(request), object)
