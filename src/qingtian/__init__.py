"""Qingtian: open city eco-environment governance, from observation to proven closure."""

__version__ = "0.1.0"
