"""Django configuration of the evidence app."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The evidence app."""

    name = "qingtian.apps.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
