"""The journal of frames that give no observations: why, from whom, and the bytes themselves."""
