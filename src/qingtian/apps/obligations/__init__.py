"""Recurring duties with dated occurrences, their proofs and waivers; self-monitoring plans and their check."""
