"""Django configuration of the findings app."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """The findings app."""

    name = "qingtian.apps.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let findings hold evidence."""
        from qingtian.apps.evidence.subjects import SubjectKind, register_subject
        from qingtian.apps.findings.subject import FindingSubject

        register_subject(SubjectKind.FINDING, FindingSubject())
