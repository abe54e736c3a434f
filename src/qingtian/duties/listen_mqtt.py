"""The worker's ear for MQTT: the register and the saved mappings behind the listener of telemetry."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.imports.queries import mapping_named
from qingtian.apps.imports.sites import known_sites
from qingtian.domain.errors import QingtianError
from qingtian.runtime.settings import Settings
from qingtian.telemetry.counters import counters_path, write_counters
from qingtian.telemetry.importers.mapping import FileMapping
from qingtian.telemetry.importers.mqtt import MqttIntake, MqttListener, feeds_of, mqtt_spool_path
from qingtian.telemetry.importers.register import KnownSites
from qingtian.telemetry.ingest.quality import QualityScreen
from qingtian.telemetry.spool import SpoolWriter
from qingtian.telemetry.store.port import Store

SITES_FOR_S = 10.0  # the register is read again so often
REPORT_EVERY_S = 2.0
AGAIN_S = 5.0
MIB = 1 << 20
_log = logging.getLogger(__name__)


class Register:
    """The sites of each mapping, read again every few seconds: a batch must not cost a query of the whole register."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, KnownSites]] = {}
        self._media: dict[str, str] = {}

    def sites(self, mapping: FileMapping) -> KnownSites:
        """Where messages of a mapping may write to."""
        from django.db import close_old_connections

        read_at, known = self._held.get(mapping.name, (-SITES_FOR_S, KnownSites()))
        if time.monotonic() - read_at < SITES_FOR_S:
            return known
        close_old_connections()
        known = known_sites(SYSTEM_ACTOR, mapping.kind)
        self._held[mapping.name] = (time.monotonic(), known)
        self._media.update({code: one.medium for code, one in known.sites.items()})
        return known

    def medium(self, site: str) -> str:
        """What is measured at a site."""
        return self._media.get(site, "")


def listen(settings: Settings, store: Store, now: Callable[[], datetime], stop: threading.Event) -> None:
    """Take messages until stopped; what cannot begin is logged and tried again."""
    told = ""
    while settings.mqtt_url and not stop.is_set():
        try:
            _listen(settings, store, now, stop)
        except QingtianError as error:
            if str(error) != told:
                _log.warning("MQTT cannot be listened to: %s", error)
            told = str(error)
            stop.wait(AGAIN_S)


def _listen(settings: Settings, store: Store, now: Callable[[], datetime], stop: threading.Event) -> None:
    feeds = feeds_of(settings.mqtt_topics, lambda name: mapping_named(SYSTEM_ACTOR, name))
    register = Register()
    spool = SpoolWriter(
        mqtt_spool_path(settings.data_dir),
        segment_bytes=settings.spool_segment_mb * MIB,
        reserve_bytes=settings.disk_reserve_mb * MIB,
    )
    try:
        intake = MqttIntake(store, spool, feeds, register.sites, now, QualityScreen(register.medium))
        listener = MqttListener(settings.mqtt_url, settings.mqtt_client_id, intake, feeds)
        reporter = threading.Thread(target=_report, args=(settings, intake, stop), name="mqtt report", daemon=True)
        reporter.start()
        listener.run(stop)
    finally:
        spool.close()


def _report(settings: Settings, intake: MqttIntake, stop: threading.Event) -> None:
    path = counters_path(settings.data_dir, "mqtt")
    while not stop.wait(REPORT_EVERY_S):
        try:
            write_counters(path, asdict(intake.counters))
        except OSError as error:
            _log.warning("counters cannot be written: %s", error)
