"""Django configuration of the duties."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    """Periodic duties and what is known of their last runs."""

    name = "qingtian.duties"
    label = "duties"
    default_auto_field = "django.db.models.BigAutoField"
