"""Django configuration of the imports app."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The imports app."""

    name = "qingtian.apps.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"
