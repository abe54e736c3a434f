"""Benchmarks of the demo city."""
