"""Rows of the apps and of the store as objects of the API."""
