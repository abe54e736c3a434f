"""The sockets of the gateway: plain and TLS, its own or handed over by the service manager."""

from __future__ import annotations

import logging
import os
import socket
import ssl

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.settings import Settings

FIRST_HANDED_FD = 3  # systemd's protocol for handing sockets over (sd_listen_fds)
PLAIN, TLS = "plain", "tls"
_log = logging.getLogger(__name__)


def handed_over() -> dict[str, socket.socket]:
    """Listening sockets that the service manager holds while the gateway restarts, so that no device is refused.

    The first one is the plain port; one named `tls` (FileDescriptorName=tls) is the TLS port.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = int(os.environ.pop("LISTEN_FDS", "0") or 0)  # taken once
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    found: dict[str, socket.socket] = {}
    for index in range(count):
        name = names[index] if index < len(names) else ""
        listener = socket.socket(fileno=FIRST_HANDED_FD + index)
        listener.setblocking(False)
        found[TLS if name == TLS else PLAIN] = listener
    return found


class Certificate:
    """The TLS side of the settings; can be read again while connections are open.

    Args:
        settings: certificate, key and, for client certificates, the authority.
    Raises:
        ConfigurationError: a file cannot be read or does not fit; names the setting.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(self.context)
        self._seen = self._stamps()

    def reload_when_changed(self) -> None:
        """Read the files again when one of them is another than before."""
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            self.reload()

    def _stamps(self) -> tuple[int, ...]:
        files = (self._settings.gateway_tls_certificate, self._settings.gateway_tls_key)
        return tuple(file.stat().st_mtime_ns for file in files if file is not None and file.exists())

    def reload(self) -> bool:
        """Read the files again; new connections use them. When they do not fit, the old ones stay in use."""
        try:
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # a trial: a failed load could leave half of it
            self._load(self.context)
        except ConfigurationError as error:
            _log.error("the TLS certificate was not replaced: %s", error)
            return False
        _log.info("the TLS certificate was read again")
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        settings = self._settings
        try:
            context.load_cert_chain(str(settings.gateway_tls_certificate), str(settings.gateway_tls_key))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"certificate and key cannot be used: {error}",
                field="gateway_tls_certificate",
                remedy="give PEM files that belong together and that the gateway may read",
            ) from error
        if settings.gateway_tls_client_ca is None:
            return
        try:
            context.load_verify_locations(str(settings.gateway_tls_client_ca))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"the authority of the client certificates cannot be read: {error}",
                field="gateway_tls_client_ca",
                remedy="give a PEM file with its certificate",
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
