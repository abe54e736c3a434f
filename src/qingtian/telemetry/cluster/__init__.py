"""From one machine to many: spools of gateways flow through NATS JetStream into shards, each with its own spool.

The way of a frame stays what it is on one machine: fsync in the gateway's spool, then the answer to the device. From
there a forwarder publishes records, byte for byte, to a replicated stream; the receiver of a shard appends them to the
shard's spool, syncs, and acknowledges to the stream; the ingest loop of that shard does what it does everywhere.
"""
