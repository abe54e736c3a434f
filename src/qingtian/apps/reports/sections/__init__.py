"""Chapters of reports: one function a chapter, from what is wanted to plain blocks."""
