"""The findings app."""
