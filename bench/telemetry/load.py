"""A load generator that is not the bottleneck: one epoll loop, frames made beforehand, answers counted by their ends.

It runs in a process of its own, so that its time is not the gateway's.
"""

from __future__ import annotations

import multiprocessing
import resource
import select
import socket
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

ANSWER_END = b"\r\n"
READ = 1 << 16
POLL_S = 0.05
OPEN_AT_ONCE = 500
SOURCES = tuple(f"127.0.0.{number}" for number in range(2, 10))  # one address has 28,000 ports


@dataclass(slots=True)
class Peer:
    """One device: its socket, its frames, how far it is."""

    socket: socket.socket
    frames: Sequence[bytes]
    sent: int = 0
    acked: int = 0
    sent_at: deque[float] = field(default_factory=deque)
    next_at: float = 0.0


def raise_limit() -> int:
    """Let this process open as many files as the machine allows; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def connect(port: int, frames: Sequence[Sequence[bytes]]) -> list[Peer]:
    """Open a connection per device."""
    raise_limit()
    peers = []
    for number, own in enumerate(frames):
        one = socket.socket()
        one.bind((SOURCES[number % len(SOURCES)], 0))
        one.connect(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        peers.append(Peer(one, own))
        if number % OPEN_AT_ONCE == 0:
            time.sleep(0.01)
    return peers


def blast(peers: Sequence[Peer], window: int) -> list[float]:
    """Send every frame, at most `window` under way per device; returns the round trip of each, s."""
    poll = select.epoll()
    by_file = {peer.socket.fileno(): peer for peer in peers}
    trips: list[float] = []
    left = sum(len(peer.frames) for peer in peers)
    clock = time.perf_counter
    for peer in peers:
        poll.register(peer.socket, select.EPOLLIN)
        _send(peer, window, clock())
    while left:
        for file, _ in poll.poll(10):
            peer = by_file[file]
            data = peer.socket.recv(READ)
            if not data:
                raise ConnectionError(f"the gateway closed a connection after {peer.acked} answers")
            now = clock()
            count = data.count(ANSWER_END)
            left -= count
            peer.acked += count
            trips += [now - peer.sent_at.popleft() for _ in range(count)]
            if peer.sent < len(peer.frames):
                _send(peer, window, now)
    poll.close()
    return trips


def _send(peer: Peer, window: int, now: float) -> None:
    count = min(window - (peer.sent - peer.acked), len(peer.frames) - peer.sent)
    if count > 0:
        peer.socket.sendall(b"".join(peer.frames[peer.sent : peer.sent + count]))
        peer.sent += count
        peer.sent_at.extend([now] * count)


def hold_open(peers: Sequence[Peer], every_s: float) -> list[float]:
    """Each device sends one frame after the other, spread over the interval; returns the round trips, s."""
    poll = select.epoll()
    by_file = {peer.socket.fileno(): peer for peer in peers}
    trips: list[float] = []
    clock, begin = time.perf_counter, time.perf_counter()
    for number, peer in enumerate(peers):
        poll.register(peer.socket, select.EPOLLIN)
        peer.next_at = begin + every_s * number / len(peers)
    due = deque(sorted(peers, key=lambda peer: peer.next_at))
    left = sum(len(peer.frames) for peer in peers)
    deadline = begin + every_s * (len(peers[0].frames) + 1) + 10
    while left and clock() < deadline:
        now = clock()
        while due and due[0].next_at <= now:
            peer = due.popleft()
            peer.socket.send(peer.frames[peer.sent])
            peer.sent += 1
            peer.sent_at.append(now)
            if peer.sent < len(peer.frames):
                peer.next_at += every_s
                due.append(peer)
        for file, _ in poll.poll(min(POLL_S, max(0.0, due[0].next_at - now)) if due else POLL_S):
            peer = by_file[file]
            count = peer.socket.recv(READ).count(ANSWER_END)
            now = clock()
            trips += [now - peer.sent_at.popleft() for _ in range(count)]
            peer.acked += count
            left -= count
    poll.close()
    return trips


def in_process(target: Callable[..., None], *arguments: Any) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    """Start a process that talks over a pipe, its last argument."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(*arguments, there))
    process.start()
    return process, here


def percentile(values: Sequence[float], percent: int) -> float:
    """A percentile of times."""
    return statistics.quantiles(values, n=100)[percent - 1]
