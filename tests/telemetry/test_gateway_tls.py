"""HJ 212 over TLS: its own port, certificates that can be exchanged, client certificates where they are asked for."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.telemetry.fleet import PASSWORD, minute_frame
from tests.telemetry.lines import answers, connected, make_settings, running, until

from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import load_settings
from qingtian.telemetry.counters import counters_path, read_counters
from qingtian.telemetry.devices import DeviceProfile, StaticDirectory
from qingtian.telemetry.gateway import server
from qingtian.telemetry.gateway.server import Gateway, serve
from qingtian.telemetry.spool import read_all, spool_path

NOW = datetime(2025, 11, 22, 8, 30, tzinfo=SHANGHAI)
MN = "SECURE01"
DIRECTORY = StaticDirectory({MN: DeviceProfile(MN, "DA1", password=PASSWORD)})


def make_certificate(folder: Path, name: str, *, serial: int = 1) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-set_serial", str(serial)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return certificate, key


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("certificates")
    return {
        name: make_certificate(folder, name, serial=at) for at, name in enumerate(("gateway", "next", "device"), 11)
    }


def tls_settings(pair: tuple[Path, Path], **more: object) -> dict[str, object]:
    return {"gateway_tls_port": 0, "gateway_tls_certificate": pair[0], "gateway_tls_key": pair[1], **more}


def trusting(*certificates: Path, own: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for certificate in certificates:
        context.load_verify_locations(certificate)
    if own is not None:
        context.load_cert_chain(*own)
    return context


def frame(number: int = 0) -> bytes:
    return minute_frame(MN, NOW + timedelta(minutes=number), {"a21026": f"{number}.5"})


def serial_of(writer: asyncio.StreamWriter) -> int:
    return int(writer.get_extra_info("ssl_object").getpeercert()["serialNumber"], 16)


async def test_a_frame_under_tls_is_stored_and_acknowledged_like_any_other(
    tmp_path: Path, pairs: dict[str, tuple[Path, Path]]
) -> None:
    async with running(tmp_path, DIRECTORY, lambda: NOW, **tls_settings(pairs["gateway"])) as gateway:
        trust = trusting(pairs["gateway"][0])
        async with connected(gateway.tls_port, tls=trust) as (reader, writer):
            data = frame(0) + frame(1)
            writer.write(data[:150])
            await asyncio.sleep(0.02)
            writer.write(data[150:])
            assert [one.cn for one in await answers(reader, 2)] == ["9014", "9014"]
            assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        async with connected(gateway.port) as (reader, writer):  # the plain port goes on beside it
            writer.write(frame(2))
            assert len(await answers(reader, 1)) == 1
        assert (gateway.counters.tls_connections_total, gateway.counters.connections_total) == (1, 2)
    assert [record.raw for record in read_all(spool_path(tmp_path))] == [frame(number).rstrip() for number in range(3)]


async def test_plain_text_on_the_tls_port_gets_nothing(tmp_path: Path, pairs: dict[str, tuple[Path, Path]]) -> None:
    async with running(tmp_path, DIRECTORY, lambda: NOW, **tls_settings(pairs["gateway"])) as gateway:
        async with connected(gateway.tls_port) as (reader, writer):
            writer.write(frame())
            with_end = await asyncio.wait_for(_rest(reader), 5)
            assert b"9014" not in with_end
        assert gateway.counters.frames == 0
    assert list(read_all(spool_path(tmp_path))) == []


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_an_old_tls_version_is_refused(tmp_path: Path, pairs: dict[str, tuple[Path, Path]]) -> None:
    async with running(tmp_path, DIRECTORY, lambda: NOW, **tls_settings(pairs["gateway"])) as gateway:
        assert gateway._certificate is not None
        assert gateway._certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_client_certificate_is_asked_for_where_an_authority_is_set(
    tmp_path: Path, pairs: dict[str, tuple[Path, Path]]
) -> None:
    settings = tls_settings(pairs["gateway"], gateway_tls_client_ca=pairs["device"][0])
    async with running(tmp_path, DIRECTORY, lambda: NOW, **settings) as gateway:
        known = trusting(pairs["gateway"][0], own=pairs["device"])
        async with connected(gateway.tls_port, tls=known) as (reader, writer):
            writer.write(frame())
            assert len(await answers(reader, 1)) == 1
        for unknown in (trusting(pairs["gateway"][0]), trusting(pairs["gateway"][0], own=pairs["next"])):
            with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
                async with connected(gateway.tls_port, tls=unknown) as (reader, writer):
                    writer.write(frame(1))
                    await answers(reader, 1, timeout_s=5)
        assert gateway.counters.accepted == 1


async def test_a_new_certificate_is_taken_at_sighup_and_open_lines_go_on(
    tmp_path: Path, pairs: dict[str, tuple[Path, Path]]
) -> None:
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"

    def install(name: str) -> None:
        certificate.write_bytes(pairs[name][0].read_bytes())
        key.write_bytes(pairs[name][1].read_bytes())

    install("gateway")
    settings = make_settings(tmp_path, **tls_settings((certificate, key)))
    serving = asyncio.create_task(serve(settings, DIRECTORY))
    path = counters_path(tmp_path, "gateway")
    await until(lambda: read_counters(path).get("state") == "listening")
    port = read_counters(path)["tls_port"]
    trust = trusting(pairs["gateway"][0], pairs["next"][0])
    async with connected(port, tls=trust) as (reader, writer):
        assert serial_of(writer) == 11
        install("next")
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        async with connected(port, tls=trust) as (_, second):
            assert serial_of(second) == 12
        certificate.write_text("no certificate", "utf-8")  # a mistake of the operator
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        async with connected(port, tls=trust) as (_, third):
            assert serial_of(third) == 12
        writer.write(frame())
        assert len(await answers(reader, 1)) == 1
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 10)
    assert read_counters(path)["state"] == "stopped"


async def test_a_renewed_certificate_is_noticed_without_a_signal(
    tmp_path: Path, pairs: dict[str, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REFRESH_S", 0.05)
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"

    def install(name: str) -> None:
        for target, source in ((key, pairs[name][1]), (certificate, pairs[name][0])):
            fresh = target.with_suffix(".new")
            fresh.write_bytes(source.read_bytes())
            fresh.replace(target)

    install("gateway")
    async with running(tmp_path, DIRECTORY, lambda: NOW, **tls_settings((certificate, key))) as gateway:
        trust = trusting(pairs["gateway"][0], pairs["next"][0])
        install("next")
        found = 0
        async with asyncio.timeout(10):
            while found != 12:
                async with connected(gateway.tls_port, tls=trust) as (_, writer):
                    found = serial_of(writer)
                await asyncio.sleep(0.02)


async def test_a_key_of_another_certificate_is_named_at_the_start(
    tmp_path: Path, pairs: dict[str, tuple[Path, Path]]
) -> None:
    mixed = (pairs["gateway"][0], pairs["next"][1])
    gateway = Gateway(make_settings(tmp_path, **tls_settings(mixed)), DIRECTORY, now=lambda: NOW)
    with pytest.raises(ConfigurationError) as failure:
        await gateway.start()
    assert failure.value.field == "gateway_tls_certificate"
    broken = tls_settings(pairs["gateway"], gateway_tls_client_ca=tmp_path / "absent.pem")
    with pytest.raises(ConfigurationError) as failure:
        await Gateway(make_settings(tmp_path, **broken), DIRECTORY, now=lambda: NOW).start()
    assert failure.value.field == "gateway_tls_client_ca"


def test_a_tls_port_without_a_certificate_is_refused_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as failure:
        load_settings(data_dir=tmp_path, gateway_tls_port=9213)
    assert failure.value.field == "gateway_tls_certificate"
    with pytest.raises(ConfigurationError) as failure:
        load_settings(data_dir=tmp_path, gateway_tls_port=9213, gateway_tls_certificate=tmp_path / "x.pem")
    assert failure.value.field == "gateway_tls_key"
