"""The JSON API /api/v1: schemas say what is spoken, views call queries and verbs, nothing is decided here."""
