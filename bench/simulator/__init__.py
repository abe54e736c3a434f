"""Benchmarks of the device simulator."""
