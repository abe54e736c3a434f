"""Django configuration of the notices app."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The notices app."""

    name = "qingtian.apps.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
