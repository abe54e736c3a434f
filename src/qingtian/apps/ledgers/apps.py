"""Django configuration of the ledgers app."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    """The ledgers app."""

    name = "qingtian.apps.ledgers"
    label = "ledgers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let entries hold evidence."""
        from qingtian.apps.evidence.subjects import SubjectKind, register_subject
        from qingtian.apps.ledgers.subject import EntrySubject

        register_subject(SubjectKind.LEDGER_ENTRY, EntrySubject())
