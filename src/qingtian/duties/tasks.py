"""Where Procrastinate looks for the tasks of an installed app."""

from __future__ import annotations

from qingtian.duties.jobs import run_one

__all__ = ["run_one"]
