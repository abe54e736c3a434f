"""The law and the science: pure functions and value types, no framework, no clock, no I/O."""
