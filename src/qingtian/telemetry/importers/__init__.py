"""Feeds that come as files instead of frames."""
