"""What the public reports, how its answers come back, and what the law shows to everybody."""
