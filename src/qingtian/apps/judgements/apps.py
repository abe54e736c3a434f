"""Django configuration of the judgements app."""

from django.apps import AppConfig


class JudgementsConfig(AppConfig):
    """The judgements app."""

    name = "qingtian.apps.judgements"
    label = "judgements"
    default_auto_field = "django.db.models.BigAutoField"
