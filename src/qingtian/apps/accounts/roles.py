"""Roles of people and of the system (reference: domain model, common rules)."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the house; a person may hold several, each with a scope."""

    CITIZEN = "citizen"
    ENTERPRISE_USER = "enterprise_user"
    WINDOW = "window"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    INSPECTOR = "inspector"
    LEGAL_REVIEWER = "legal_reviewer"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    DATA_STEWARD = "data_steward"
    SYSTEM = "system"
