"""Words that really go out: to an SMTP server, an HTTP server that checks signatures, robots that refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from tests.apps.city import NOW
from tests.apps.notices.scene import post, reached
from tests.duties.memory_store import MemoryStore

from qingtian.apps.notices.actions import deliver
from qingtian.apps.notices.channels.errors import ChannelError
from qingtian.apps.notices.channels.robots import dingtalk_url
from qingtian.apps.notices.channels.sending import send
from qingtian.apps.notices.models import Contact, Delivery
from qingtian.domain.notices.bundle import shortened
from qingtian.duties import send_notices as duty
from qingtian.duties.duty import DutyContext
from qingtian.runtime.settings import Settings, get_settings

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MACHINE_S = 1_764_000_000.5


@dataclass
class MailBox:
    """An SMTP handler that keeps what it gets and refuses whom it is told to."""

    refuse: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got += [(to, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[MailBox, str]]:
    box = MailBox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()


@dataclass
class Listener:
    """A web server that keeps requests and answers as told."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"errcode":0,"errmsg":"ok"}'
    location: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    told = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def settings(**more: Any) -> Settings:
    return Settings.model_validate(get_settings().model_dump() | {"mail_from": "青天 <duty@qt.example>"} | more)


def mail_to(address: str = "duty@example.org", **more: Any) -> Delivery:
    reached("duty", **({"email": address} | more))
    post("duty", subject=("case", "C-2025-000001", "/desk/cases/1"))
    return deliver.make_bundles(NOW + HOUR)[0]


def to_endpoint(text: str = "两条提醒") -> Delivery:
    return Delivery.objects.create(
        channel="endpoint", endpoint="room", subject="s", text=text, count=1, severity=2, made_at=NOW, next_try_at=NOW
    )


def test_a_mail_arrives_whole_and_a_repeat_carries_the_same_id(mailbox: tuple[MailBox, str]) -> None:
    box, server = mailbox
    row = mail_to()
    for _ in range(2):
        send(row, settings(smtp_url=server), machine_time_s=MACHINE_S)
    letters = [message_from_bytes(content, policy=policy.default) for _, content in box.got]
    assert [to for to, _ in box.got] == ["duty@example.org"] * 2
    assert letters[0]["Subject"] == row.subject
    assert "案件已分派给你" in letters[0].get_content()
    assert letters[0]["From"] == "青天 <duty@qt.example>"
    assert letters[0]["Message-ID"] == letters[1]["Message-ID"] == f"<{row.key}@qt.example>"


@pytest.mark.parametrize(("answer", "final"), [("550 no such user", True), ("451 later", False)])
def test_a_refused_mailbox_is_final_only_when_the_server_says_so(
    mailbox: tuple[MailBox, str], answer: str, final: bool
) -> None:
    box, server = mailbox
    row = mail_to()
    box.refuse["duty@example.org"] = answer
    with pytest.raises(ChannelError) as refused:
        send(row, settings(smtp_url=server), machine_time_s=MACHINE_S)
    assert refused.value.final is final
    assert "duty@example.org" not in str(refused.value)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    row = mail_to()
    with pytest.raises(ChannelError) as refused:
        send(row, settings(smtp_url="smtp://user:secret@127.0.0.1:1"), machine_time_s=MACHINE_S)
    assert refused.value.final is False
    assert "secret" not in str(refused.value)


def test_without_setting_or_address_the_error_names_what_is_missing() -> None:
    row = mail_to()
    with pytest.raises(ChannelError, match="smtp_url"):
        send(row, settings(), machine_time_s=MACHINE_S)
    Contact.objects.update(email="")
    with pytest.raises(ChannelError, match="no e-mail address") as refused:
        send(row, settings(smtp_url="smtp://127.0.0.1:1"), machine_time_s=MACHINE_S)
    assert refused.value.final
    row.channel = "endpoint"
    row.endpoint = "gone"
    with pytest.raises(ChannelError, match="notice_endpoints"):
        send(row, settings(), machine_time_s=MACHINE_S)


def test_the_webhook_carries_the_notices_and_its_signature_holds(listener: Listener) -> None:
    row = mail_to()
    Delivery.objects.filter(pk=row.pk).update(channel="endpoint", endpoint="room", user=None)
    row.refresh_from_db()
    hook = {"form": "webhook", "url": listener.url, "secret": "shared"}
    send(row, settings(notice_endpoints={"room": hook}), machine_time_s=MACHINE_S)
    _, headers, body = listener.got[0]
    signed = f"{int(MACHINE_S)}.".encode() + body
    expected = hmac.new(b"shared", signed, hashlib.sha256).hexdigest()
    assert headers["x-qingtian-signature"] == f"sha256={expected}"
    assert headers["x-qingtian-timestamp"] == str(int(MACHINE_S))
    told = json.loads(body)
    assert (told["delivery"], told["count"], told["left_out"]) == (row.key, 1, 0)
    assert told["notices"][0]["subject"] == {"kind": "case", "number": "C-2025-000001"}


def test_dingtalk_is_signed_as_its_robot_checks_it(listener: Listener) -> None:
    hook = {"form": "dingtalk", "url": f"{listener.url}?access_token=t", "secret": "SECabc"}
    send(to_endpoint(), settings(notice_endpoints={"room": hook}), machine_time_s=MACHINE_S)
    path, _, body = listener.got[0]
    query = parse_qs(urlsplit(path).query)
    stamp = query["timestamp"][0]
    assert stamp == "1764000000500"
    digest = hmac.new(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()]
    assert query["access_token"] == ["t"]
    assert json.loads(body) == {"msgtype": "text", "text": {"content": "两条提醒"}}
    assert "+" not in urlsplit(dingtalk_url("http://x/?a=1", "k", timestamp_ms=7)).query.split("sign=")[1]


def test_wecom_gets_text_that_fits_its_limit(listener: Listener) -> None:
    hook = {"form": "wecom", "url": listener.url}
    send(to_endpoint("长" * 3000), settings(notice_endpoints={"room": hook}), machine_time_s=MACHINE_S)
    content = json.loads(listener.got[0][2])["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith("…")
    assert shortened("长" * 682, 2048) == "长" * 682


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        (b'{"errcode":93000,"errmsg":"invalid webhook url"}', True),
        (b'{"errcode":310000,"errmsg":"sign not match"}', True),
        (b'{"errcode":45009,"errmsg":"api freq out of limit"}', False),
        (b"<html>welcome</html>", True),
    ],
)
def test_a_robot_that_answers_200_and_refuses_is_a_failure(listener: Listener, answer: bytes, final: bool) -> None:
    listener.answer = answer
    hook = {"form": "wecom", "url": listener.url}
    with pytest.raises(ChannelError) as refused:
        send(to_endpoint(), settings(notice_endpoints={"room": hook}), machine_time_s=MACHINE_S)
    assert refused.value.final is final


@pytest.mark.parametrize(("status", "final"), [(500, False), (429, False), (404, True), (401, True), (302, False)])
def test_a_webhook_that_answers_something_else_failed(listener: Listener, status: int, final: bool) -> None:
    listener.status, listener.location = status, listener.url if status == 302 else ""
    hook = {"form": "webhook", "url": listener.url}
    with pytest.raises(ChannelError, match=str(status)) as refused:
        send(to_endpoint(), settings(notice_endpoints={"room": hook}), machine_time_s=MACHINE_S)
    assert refused.value.final is final
    assert len(listener.got) == 1  # a redirect is not followed


def test_a_text_message_goes_as_the_gateway_wants_it(listener: Listener) -> None:
    reached("duty", phone="13800000001", channels=["sms"])
    post("duty", kind="case_breached", title_zh='他说"好"')
    row = deliver.make_bundles(NOW + HOUR)[0]
    gateway = {
        "sms_url": listener.url,
        "sms_headers": {"Authorization": "Bearer k"},
        "sms_body": '{"to": ["{phone}"], "msg": {"id": "{key}", "body": "{text}"}}',
    }
    send(row, settings(**gateway), machine_time_s=MACHINE_S)
    _, headers, body = listener.got[0]
    assert headers["authorization"] == "Bearer k"
    told = json.loads(body)
    assert told["to"] == ["13800000001"]
    assert told["msg"]["id"] == row.key
    assert '他说"好"' in told["msg"]["body"]


def test_the_duty_sends_tries_again_and_keeps_what_failed(
    mailbox: tuple[MailBox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, server = mailbox
    monkeypatch.setattr(duty, "get_settings", lambda: settings(smtp_url=server))
    reached("good")
    reached("away")
    reached("gone")
    post("good", "away", "gone")
    box.refuse = {"away@example.org": "451 later", "gone@example.org": "550 no"}

    def run(minutes: int) -> list[str]:
        at = NOW + timedelta(minutes=minutes)
        return duty.send_notices(DutyContext(at, at, MemoryStore())).notes

    assert run(1) == []
    assert run(2) == ["1 sent, 2 failed, 1 given up"]
    box.refuse.pop("away@example.org")
    assert run(3) == ["1 sent, 0 failed, 0 given up"]
    assert run(60) == []
    assert sorted(to for to, _ in box.got) == ["away@example.org", "good@example.org"]
    assert sorted(Delivery.objects.values_list("user__username", "state")) == [
        ("away", "sent"),
        ("gone", "dead"),
        ("good", "sent"),
    ]
