"""Django configuration of the field work app."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    """The field work app."""

    name = "qingtian.apps.fieldwork"
    label = "fieldwork"
    default_auto_field = "django.db.models.BigAutoField"
