"""People who sign in, and the roles that they hold."""

from __future__ import annotations

from typing import ClassVar

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
