"""E-mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from qingtian.apps.notices.channels.errors import ChannelError

TIMEOUT_S = 10
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def send_mail(server: str, sender: str, to: str, *, subject: str, text: str, key: str) -> None:
    """Send one e-mail.

    Args:
        server: smtp://, smtp+starttls:// or smtps://user:password@host:port.
        key: of the delivery; makes the Message-ID, so that a repeat is known as one.
    Raises:
        ChannelError: final when the address or the sender is refused for good.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = " ".join(subject.split()), sender, to
    message["Message-ID"] = f"<{key}@{parseaddr(sender)[1].partition('@')[2] or 'qingtian'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(server) as client:
            client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise ChannelError(f"the address was refused with {code}", final=code >= PERMANENT) from None
    except smtplib.SMTPResponseException as error:
        raise ChannelError(f"the mail server answered {error.smtp_code}", final=_for_good(error)) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise ChannelError(f"the mail server was not reached: {type(error).__name__}") from None


PERMANENT = 550  # 550 and above: this mailbox, this content; below: the server, for now


def _for_good(error: smtplib.SMTPResponseException) -> bool:
    return error.smtp_code >= PERMANENT and not isinstance(error, smtplib.SMTPAuthenticationError)


def _connected(server: str) -> smtplib.SMTP:
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    client: smtplib.SMTP
    if parts.scheme == "smtps":
        client = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        client = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if parts.scheme == "smtp+starttls":
            client.starttls(context=ssl.create_default_context())
        if parts.username:
            client.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        client.close()
        raise
    return client
