"""Django's settings but for the database: enough for type checking, which must not start a server."""

from __future__ import annotations

from pathlib import Path

from qingtian.runtime.settings import Mode, get_settings

_settings = get_settings()

SECRET_KEY = _settings.secret_key
DEBUG = False
ALLOWED_HOSTS = _settings.allowed_hosts
ROOT_URLCONF = "qingtian.interfaces.urls"
ASGI_APPLICATION = "qingtian.runtime.asgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "procrastinate.contrib.django",
    "qingtian.apps.accounts",
    "qingtian.apps.registry",
    "qingtian.apps.journal",
    "qingtian.apps.judgements",
    "qingtian.apps.findings",
    "qingtian.apps.cases",
    "qingtian.apps.evidence",
    "qingtian.apps.ledgers",
    "qingtian.apps.obligations",
    "qingtian.apps.devices",
    "qingtian.apps.indicators",
    "qingtian.apps.imports",
    "qingtian.apps.fieldwork",
    "qingtian.apps.citizens",
    "qingtian.apps.notices",
    "qingtian.apps.rosters",
    "qingtian.apps.reports",
    "qingtian.duties",
]
MIDDLEWARE = [
    "qingtian.interfaces.web.security.SecurityHeaders",
    "qingtian.interfaces.api.middleware.RequestEnvelope",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [
            Path(__file__).parent.parent / "interfaces" / "web" / "templates",
            Path(__file__).parent.parent / "interfaces" / "pages" / "templates",
        ],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES: dict[str, dict[str, object]] = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "qingtian"}}
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "display_name_en", "card_number")},
    },
]
# The first one hashes (ADR 0023); a hash of another kind, brought along from elsewhere, is renewed at sign-in.
PASSWORD_HASHERS = [
    "qingtian.apps.accounts.hashing.Scrypt",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = _settings.session_hours * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "qingtian.interfaces.pages.refusing.csrf_failed"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.https
SECURE_HSTS_SECONDS = 31536000 if _settings.mode is Mode.PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _settings.https else None
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _settings.log_level},
    "loggers": {"procrastinate": {"level": "WARNING"}},  # it tells of every job; the duties keep their own record
}
