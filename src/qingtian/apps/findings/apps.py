"""Django configuration of the findings app."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """The findings app."""

    name = "qingtian.apps.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"
