"""Django configuration of the cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The cases app."""

    name = "qingtian.apps.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let cases hold evidence."""
        from qingtian.apps.cases.subject import CaseSubject
        from qingtian.apps.evidence.subjects import SubjectKind, register_subject

        register_subject(SubjectKind.CASE, CaseSubject())
