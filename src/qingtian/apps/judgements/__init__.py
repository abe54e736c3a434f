"""The judgements app."""
