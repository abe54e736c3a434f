"""Django configuration of the devices."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """Commands to devices and what came of them."""

    name = "qingtian.apps.devices"
    label = "devices"
    default_auto_field = "django.db.models.BigAutoField"
