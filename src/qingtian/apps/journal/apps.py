"""Django configuration of the journal app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The journal app."""

    name = "qingtian.apps.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
