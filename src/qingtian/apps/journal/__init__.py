"""The journal app."""
