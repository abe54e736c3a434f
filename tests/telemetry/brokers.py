"""A real Mosquitto for tests, and a device that publishes to it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qingtian.telemetry.importers.mqtt import Message

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


@contextmanager
def running_broker(folder: Path) -> Iterator[int]:
    """Mosquitto on a free port, keeping sessions in memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n", "utf-8")
    process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


def publisher(port: int) -> Any:
    """A connected device."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="sensor")
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def publish(client: Any, messages: list[Message]) -> None:
    """Send with QoS 1 and wait until the broker has all."""
    sent = [client.publish(one.topic, one.payload, qos=1) for one in messages]
    for one in sent:
        one.wait_for_publish(10)


def wait_for(met: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds; a failure when it never does."""
    until = time.monotonic() + seconds
    while not met() and time.monotonic() < until:
        time.sleep(0.02)
    assert met()
