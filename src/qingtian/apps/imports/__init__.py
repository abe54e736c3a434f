"""The imports app: files and messages that are no HJ 212 frames."""
