"""Django configuration of the rosters app."""

from django.apps import AppConfig


class RostersConfig(AppConfig):
    """The rosters app."""

    name = "qingtian.apps.rosters"
    label = "rosters"
    default_auto_field = "django.db.models.BigAutoField"
