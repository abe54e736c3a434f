"""Backup and restore of a deployment: a database dump and every file, by content, with a manifest of hashes."""

from __future__ import annotations

from qingtian.runtime.backup.making import make_backup
from qingtian.runtime.backup.manifest import FileEntry, Manifest
from qingtian.runtime.backup.repository import Repository
from qingtian.runtime.backup.restoring import restore_backup

__all__ = ["FileEntry", "Manifest", "Repository", "make_backup", "restore_backup"]
