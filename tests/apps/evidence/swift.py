"""A real S3-compatible server for the tests: OpenStack Swift with its s3api, from Debian, on one loopback address."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCESS, SECRET, BUCKET = "qingtian:steward", "a-secret-of-the-tests", "evidence"
RINGS = ("account", "container", "object")
SERVER = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
user = {user}
workers = 0
log_name = {name}
log_address = {folder}/nowhere
disable_fallocate = true
fallocate_reserve = 0
{more}
[app:{name}-server]
use = egg:swift#{name}
{app}
"""
PROXY = """
[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo dlo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{nobody}
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
dns_compliant_bucket_names = false
allow_multipart_uploads = true
[filter:tempauth]
use = egg:swift#tempauth
user_qingtian_steward = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""
PLAIN = "[pipeline:main]\npipeline = {name}-server\n"


def installed() -> bool:
    """Whether Debian's Swift is there (tools/services.sh installs it)."""
    return all(shutil.which(f"swift-{name}-server") for name in ("proxy", *RINGS))


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A Swift of one disk in a folder; gives the address of its S3 interface and stops it afterwards."""
    ports = dict(zip(("proxy", *RINGS, "nobody"), free_ports(5), strict=True))
    (folder / "devices" / "d1").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = qingtian\nswift_hash_path_prefix = test\n"
    )
    _rings(folder, ports)
    user = os.environ.get("USER") or "root"
    for name in RINGS:
        known = {"name": name, "folder": folder, "port": ports[name], "user": user}
        (folder / f"{name}.conf").write_text(SERVER.format(**known, more=PLAIN.format(name=name), app=""))
    known = {"name": "proxy", "folder": folder, "port": ports["proxy"], "user": user}
    more = PROXY.format(secret=SECRET, nobody=ports["nobody"])
    app = "allow_account_management = true\naccount_autocreate = true"
    (folder / "proxy.conf").write_text(SERVER.format(**known, more=more, app=app))
    processes = [_started(folder, name) for name in (*RINGS, "proxy")]
    try:
        for port in (ports[name] for name in (*RINGS, "proxy")):
            _wait(port, processes)
        yield f"http://127.0.0.1:{ports['proxy']}"
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            one.wait(10)


def _rings(folder: Path, ports: dict[str, int]) -> None:
    def build(*arguments: str) -> None:
        subprocess.run(["swift-ring-builder", *arguments], cwd=folder, check=True, capture_output=True)

    for name in RINGS:
        build(f"{name}.builder", "create", "2", "1", "0")
        build(f"{name}.builder", "add", f"r1z1-127.0.0.1:{ports[name]}/d1", "1")
        build(f"{name}.builder", "rebalance")


def _started(folder: Path, name: str) -> subprocess.Popen[bytes]:
    log = (folder / f"{name}.log").open("wb")
    clean: dict[str, Any] = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [f"swift-{name}-server", str(folder / f"{name}.conf")]
    try:
        return subprocess.Popen(command, stdout=log, stderr=log, env=clean)
    finally:
        log.close()


def _wait(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(300):
        dead = [one for one in processes if one.poll() is not None]
        assert not dead, f"{dead[0].args} ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on {port}")
