"""Django configuration of the accounts app."""

from django.apps import AppConfig

from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import ConfigurationError
from qingtian.runtime.settings import Settings, get_settings


class AccountsConfig(AppConfig):
    """The accounts app."""

    name = "qingtian.apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Refuse settings that name a role which nobody has: they would silently protect nothing."""
        check_named_roles(get_settings())


def check_named_roles(settings: Settings) -> None:
    """Refuse a setting that names a role which does not exist.

    Raises:
        ConfigurationError: names the setting.
    """
    told = {"second_factor_roles": settings.second_factor_roles}
    told["oidc_roles"] = [text.split(":")[0] for text in settings.oidc_roles.values()]
    for name, roles in told.items():
        for role in roles:
            if role not in set(Role) - {Role.SYSTEM}:
                known = ", ".join(sorted(set(Role) - {Role.SYSTEM}))
                raise ConfigurationError(f"there is no role {role}", field=name, remedy=f"one of: {known}")
