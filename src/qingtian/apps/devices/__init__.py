"""The devices app: commands to HJ 212 devices, their exchanges, keys and gaps."""
