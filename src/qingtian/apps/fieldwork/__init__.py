"""Work on site: what waits there, and what a phone sends from there, each thing once."""
