"""Django configuration of the citizens app."""

from django.apps import AppConfig


class CitizensConfig(AppConfig):
    """The citizens app."""

    name = "qingtian.apps.citizens"
    label = "citizens"
    default_auto_field = "django.db.models.BigAutoField"
