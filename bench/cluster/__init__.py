"""How much faster two hosts are than one."""
