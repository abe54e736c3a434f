"""The stream: NATS JetStream, replicated, kept until its one consumer of a shard has acknowledged."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qingtian.domain.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from nats.js import JetStreamContext

    from qingtian.runtime.settings import Settings

CONNECT_S = 2.0
ASK_S = 5.0
PUBLISH_S = 10.0
DUPLICATES_S = 3600.0  # a second copy with the same id within this time is dropped by the server
ACK_WAIT_S = 5.0  # after so long a message comes again; until then its shard waits
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What the stream is.

    Args:
        servers: addresses, `nats://host:port`.
        name: of the stream; the subjects are `<name>.<shard>`.
        shards: how many; fixed when the stream is made, since devices stay with their shard.
        replicas: copies that agree before a publish is acknowledged; 3 survives the loss of one.
        max_bytes: of the stream on a server's disk; a full stream refuses, and the spools keep.
        token: shared secret of the servers; empty for none.
    """

    servers: tuple[str, ...]
    name: str = "QINGTIAN_FRAMES"
    shards: int = 8
    replicas: int = 3
    max_bytes: int = 20 * 1024**3
    token: str = ""

    def subject(self, shard: int) -> str:
        """Subject of a shard."""
        return f"{self.name}.{shard}"

    def consumer(self, shard: int) -> str:
        """Durable name of a shard's consumer."""
        return f"shard-{shard}"


def plan_of(settings: Settings) -> StreamPlan:
    """The stream of a deployment.

    Raises:
        ConfigurationError: it names no servers.
    """
    if not settings.nats_servers:
        raise ConfigurationError(
            "this deployment names no NATS servers", field="nats_servers", remedy="name them (docs/cluster.md)"
        )
    return StreamPlan(
        tuple(settings.nats_servers),
        shards=settings.cluster_shards,
        replicas=settings.cluster_replicas,
        max_bytes=settings.cluster_stream_gb * 1024**3,
        token=settings.nats_token,
    )


@asynccontextmanager
async def connected(plan: StreamPlan, who: str) -> AsyncIterator[JetStreamContext]:
    """A connection that comes back by itself, for as long as it is needed.

    Raises:
        ConfigurationError: the extra is not installed.
        Unavailable: no server answers.
    """
    try:
        import nats
        from nats.errors import Error
    except ImportError as error:
        raise ConfigurationError(
            "the cluster needs the extra `cluster`", field="nats_servers", remedy="pip install 'qingtian[cluster]'"
        ) from error
    options: dict[str, Any] = {"token": plan.token} if plan.token else {}
    try:
        client = await nats.connect(
            list(plan.servers),
            name=who,
            connect_timeout=CONNECT_S,
            reconnect_time_wait=0.2,
            max_reconnect_attempts=-1,
            ping_interval=2,
            max_outstanding_pings=2,
            allow_reconnect=True,
            error_cb=_note,
            **options,
        )
    except (TimeoutError, Error, OSError) as error:
        raise Unavailable(
            f"no NATS server answers: {error}", field="nats_servers", remedy="start the servers; it is tried again"
        ) from error
    try:
        yield client.jetstream(timeout=ASK_S)
    finally:
        await client.close()


async def _note(error: Exception) -> None:
    _log.warning("stream: %s", str(error) or type(error).__name__)


async def ensure_stream(js: JetStreamContext, plan: StreamPlan) -> None:
    """Make the stream unless it is there; refuse one with another number of shards.

    Raises:
        ConfigurationError: the stream that is there was made for other shards.
        Unavailable: the servers cannot agree just now.
    """
    from nats.errors import Error
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
    from nats.js.errors import NotFoundError

    subjects = [plan.subject(shard) for shard in range(plan.shards)]
    try:
        try:
            held = (await js.stream_info(plan.name)).config
        except NotFoundError:
            config = StreamConfig(
                name=plan.name,
                subjects=subjects,
                retention=RetentionPolicy.WORK_QUEUE,
                storage=StorageType.FILE,
                discard=DiscardPolicy.NEW,
                num_replicas=plan.replicas,
                max_bytes=plan.max_bytes,
                duplicate_window=DUPLICATES_S,
            )
            held = (await js.add_stream(config)).config
    except (TimeoutError, Error, OSError) as error:
        raise Unavailable(
            f"the stream is not there: {error}", field="nats_servers", remedy="it is tried again"
        ) from error
    if sorted(held.subjects or ()) != sorted(subjects):
        raise ConfigurationError(
            f"the stream {plan.name} was made for {len(held.subjects or ())} shards, not {plan.shards}",
            field="cluster_shards",
            remedy="let it run empty and make it anew, or keep its number of shards",
        )


async def consumed(js: JetStreamContext, plan: StreamPlan, shards: Sequence[int]) -> dict[int, int]:
    """Up to which message of the stream each shard has acknowledged everything of its own.

    Returns:
        Sequence number of the stream by shard; 0 for a shard that was never consumed.
    """
    from nats.js.errors import NotFoundError

    found: dict[int, int] = {}
    for shard in shards:
        try:
            info = await js.consumer_info(plan.name, plan.consumer(shard))
        except NotFoundError:
            found[shard] = 0
            continue
        everything = not info.num_pending and not info.num_ack_pending
        floor = info.ack_floor.stream_seq if info.ack_floor else 0
        newest = info.delivered.stream_seq if info.delivered else 0
        found[shard] = max(floor or 0, newest or 0) if everything else (floor or 0)
    return found
