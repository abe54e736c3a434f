"""Django configuration of the indicators app."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    """The indicators app."""

    name = "qingtian.apps.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"
