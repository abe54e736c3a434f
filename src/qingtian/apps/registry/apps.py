"""Django configuration of the registry app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The registry app."""

    name = "qingtian.apps.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
