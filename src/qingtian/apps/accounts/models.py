"""People who sign in, and the roles that they hold."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from qingtian.apps.accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes users with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """Create a user; without a password nobody can sign in with one."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in."""

    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=150, blank=True)
    display_name_en = models.CharField(max_length=150, blank=True)
    card_number = models.CharField(max_length=40, blank=True)  # enforcement card, inspectors only
    is_active = models.BooleanField(default=True)
    simulated = models.BooleanField(default=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.username


class RoleGrant(models.Model):
    """A role that a user holds within a scope: empty scope parts mean no restriction."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    region_code = models.CharField(max_length=12, blank=True)  # GB/T 2260 code, e.g. 420107 or 420100
    org = models.CharField(max_length=64, blank=True)  # code of the enterprise for `enterprise_user`
    case_type = models.CharField(max_length=20, blank=True)  # procedure code, e.g. T1

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "region_code", "org", "case_type"], name="role_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class SecondFactor(models.Model):
    """A generator of one-time codes (RFC 6238). Its secret is reckoned from the nonce and the key of the deployment."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="factor")
    nonce = models.CharField(max_length=64)
    confirmed_at = models.DateTimeField(null=True, blank=True)  # empty until a first code has proven it
    last_step = models.BigIntegerField(default=0)  # of the last code that was taken: none is taken twice

    def __str__(self) -> str:
        return f"factor of {self.user_id}"


class RecoveryCode(models.Model):
    """A code that lets in once without the generator; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class SignInFailure(models.Model):
    """A failed sign-in of the last minutes, counted for all web processes together."""

    key = models.CharField(max_length=64)  # hash of name and address: no list of what people type
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"failure {self.at}"


class UserSession(models.Model):
    """A browser that somebody signed in with."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    way = models.CharField(max_length=12)
    opened_at = models.DateTimeField()  # the machine's time, like everything that guards the door
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"])]

    def __str__(self) -> str:
        return f"session {self.pk} of {self.user_id}"


class ApiKey(models.Model):
    """A key by which a program acts for an account, within scopes, until a day; only its hash is kept."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)  # the part that may be shown
    digest = models.CharField(max_length=64)
    scopes: models.JSONField[list[str], list[str]] = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    used_from = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"key {self.prefix}"


class Delegation(models.Model):
    """Somebody stands in for somebody else for a time."""

    principal = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_given")
    deputy = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_held")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the first moment at which it no longer holds
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was taken back before its end

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="delegation_lasts"),
            models.CheckConstraint(condition=~models.Q(principal=models.F("deputy")), name="delegation_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.principal_id}"


class ExternalIdentity(models.Model):
    """Who an account is at a provider of identities (OpenID Connect)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    claims: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
