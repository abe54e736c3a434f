"""Django configuration of the cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The cases app."""

    name = "qingtian.apps.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
