"""Django configuration of the obligations app."""

from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    """The obligations app."""

    name = "qingtian.apps.obligations"
    label = "obligations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let occurrences hold evidence."""
        from qingtian.apps.evidence.subjects import SubjectKind, register_subject
        from qingtian.apps.obligations.subject import OccurrenceSubject

        register_subject(SubjectKind.OCCURRENCE, OccurrenceSubject())
