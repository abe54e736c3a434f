"""Command: what waits for whom, who has how much to do where, how well it is done. Reads only, no table of its own."""
