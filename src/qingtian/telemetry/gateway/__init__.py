"""The HJ 212 TCP gateway: store first, acknowledge after."""
