"""Django settings. Values that differ between deployments come from the environment (.env.example lists them)."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from project.config import values
from project.config.environment import Environment, from_env, load_env_file, media_storage
from project.monitoring.logging import command_logging

BASE_DIR = Path(__file__).resolve().parent.parent

load_env_file(from_env("DOTENV") or BASE_DIR / ".env")  # tests and script/lint set DOTENV to an empty file
env = Environment()

# Required values

SECRET_KEY = env("SECRET_KEY", "", values.key(), is_secret=True, is_required=True)
JWT_SIGNING_KEY = env("JWT_SIGNING_KEY", "", values.key(other_than=SECRET_KEY), is_secret=True, is_required=True)
MFA_ENCRYPTION_KEYS: list[str] = env(
    "MFA_ENCRYPTION_KEYS", [], values.keys(other_than={SECRET_KEY, JWT_SIGNING_KEY}), is_secret=True, is_required=True
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": env("DATABASE_URL", {}, values.database, is_secret=True, is_required=True)
}

# Deployment

DEBUG = env("DEBUG", False, values.boolean)
HTTPS = env("HTTPS", not DEBUG, values.boolean)
SITE_URL = env(
    "SITE_URL", "http://localhost:8000", values.matching(r"https?://[^\s/]+\S*", "https://your.host")
).rstrip("/")
ALLOWED_HOSTS = env(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    values.comma_separated(r"\*|\.?[\w.-]+|\[[0-9A-Fa-f:.]+\]", "host names, separated by commas"),
)
CSRF_TRUSTED_ORIGINS: list[str] = env(
    "CSRF_TRUSTED_ORIGINS",
    [],
    values.comma_separated(r"https?://[^\s/]+", "origins, separated by commas, such as https://your.host"),
)
TRUSTED_PROXIES = env("TRUSTED_PROXIES", 0, values.number(0, 20))
TIME_ZONE = env("TIME_ZONE", "UTC", values.time_zone)
LOG_LEVEL = env("LOG_LEVEL", "INFO", values.log_level)
METRICS_TOKEN = env("METRICS_TOKEN", "", values.matching(r"[\w.~+/=-]{32,}", "at least 32 characters"), is_secret=True)

# HTTPS switches all that works only behind TLS. With HTTPS=off, signing in works over plain HTTP on a laptop.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# Browsers accept a cookie with this prefix only from this host itself, over TLS and for all paths.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
CSRF_FAILURE_VIEW = "accounts.expired_sessions.csrf_failure"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = env(
    "SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None, values.header
)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"

# Apps and middleware

INSTALLED_APPS = [
    "rest_framework",
    "dj_rest_auth",
    "drf_yasg",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",  # dj_rest_auth.registration imports its models
    "accounts.apps.FactorsConfig",  # allauth.mfa
    "accounts.apps.SessionsConfig",  # allauth.usersessions
    "django_htmx",
    "unfold",  # before django.contrib.admin, whose templates it replaces
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "common",
    "accounts",
    "books",
    "rentals",
    "scores",
    "devices",
    "infractions",
    "questions",
    "information",
    "project",
]

MIDDLEWARE = [
    "project.monitoring.requests.RequestLog",
    "project.monitoring.probes.Probes",
    "common.locale.Locale",  # early, so that error responses of other middleware are translated
    "common.middleware.ApiPaths",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.server.headers.ResponseHeaders",
    "project.server.compression.BackOfficeCompression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "common.middleware.Authentication",
    "accounts.middleware.SignedInSessions",
    "accounts.expired_sessions.LoginRequired",  # pages require signing in unless they are marked login_not_required
    "common.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffSecondFactor",
    "common.middleware.Htmx",
    "common.middleware.ErrorResponses",
    "project.server.uploads.BodyLimits",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
TEST_RUNNER = "project.local.test_runner.Runner"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SERIALIZATION_MODULES = {"json": "project.database.json_fixtures"}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.site.navigation.navigation",
            ]
        },
    }
]

# Persistent connections make requests five times as fast. Each is checked before it is used again.
DATABASES["default"].update(CONN_MAX_AGE=env("CONN_MAX_AGE", 600, values.number(0, 10**9)), CONN_HEALTH_CHECKS=True)

# Languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "project" / "locale", BASE_DIR / "project" / "locale_unfold"]
FORMAT_MODULE_PATH = "project.formats"
USE_I18N = True
USE_TZ = True

# Files

STATIC_URL = "static/"
STATIC_ROOT = env("STATIC_ROOT", str(BASE_DIR / "staticfiles"), str)
MEDIA_URL = env("MEDIA_URL", "media/", values.media_url)
MEDIA_ROOT = env("MEDIA_ROOT", str(BASE_DIR / "media"), str)
MEDIA_BUCKET = env("MEDIA_BUCKET", "", values.matching(r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}", "the name of a bucket"))
STORAGES = {
    "default": media_storage(MEDIA_BUCKET),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Mail: on the console unless EMAIL_URL names a server

vars().update(env("EMAIL_URL", values.mail("consolemail://"), values.mail, is_secret=True))
EMAIL_TIMEOUT = 20
MAIL_IN_BACKGROUND = True
# The kinds of mail, and the functions that build them when they are sent (common/outbox.py).
MAIL_BUILDERS = {
    f"accounts.{kind}": f"accounts.mail.{kind}"
    for kind in (
        "verify_email",
        "verify_new_email",
        "password_reset",
        "address_taken",
        "password_changed",
        "email_changed",
        "wrong_passwords",
        "new_sign_in",
        "factor_added",
        "factor_removed",
        "codes_renewed",
        "factors_reset",
        "identity_linked",
        "identity_unlinked",
    )
} | {f"infractions.{kind}": f"infractions.mail.{kind}" for kind in ("objection_created", "objection_answered")}
MAIL_BUILDERS |= {
    f"rentals.{kind}": f"rentals.mail.{kind}" for kind in ("due_soon", "overdue", "hold_ready", "receipt")
}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("DEFAULT_FROM_EMAIL", "Town hall <townhall@localhost>", values.sender)

# Accounts

AUTH_USER_MODEL = "accounts.User"
# The tables whose history is kept (common/history.py), and the model of those who sign in with a token of their own.
HISTORY_TABLES = "project.history.TABLES"
HISTORY_OFFICER_MODEL = "infractions.Officer"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2Hasher", "accounts.hashers.PBKDF2Hasher"]  # the first makes new hashes
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.GuessesValidator"},
]
LOGIN_URL = "pages:login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one takes its place once confirmed
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_EMAIL_VERIFICATION = "none"  # signing in does not wait for it, and the services send the emails
ACCOUNT_RATE_LIMITS = False  # accounts/backends.py and THROTTLES count, over all processes
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds in which what is grave needs no password or code again
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES  # for allauth's code that does not ask our adapter

# Second factors and sessions

REQUIRE_SECOND_FACTOR = env("REQUIRE_SECOND_FACTOR", "off", values.matching("staff|off", "staff or off"))
MFA_ADAPTER = "accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "accounts.factor_forms.ActivateAppForm",
    "authenticate": "accounts.factor_forms.CodeForm",
    "reauthenticate": "accounts.factor_forms.CodeAgainForm",
}
MFA_TOTP_TOLERANCE = 1  # time steps of 30 seconds by which a clock may be wrong
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # passkeys on http://localhost
SOCIALACCOUNT_ADAPTER = "accounts.identity_provider.IdentityAdapter"
SESSION_ENGINE = "accounts.session_store"
STAFF_SESSION_HOURS = env("STAFF_SESSION_HOURS", 8, values.number(1, 24 * 14))
STAFF_SESSION_IDLE_MINUTES = env("STAFF_SESSION_IDLE_MINUTES", 60, values.number(5, 60 * 24 * 14))

# The town's identity provider: off unless one of these is set, and then all but the name are required.

HAS_OIDC = any(map(from_env, ("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")))
OIDC_SERVER = env("OIDC_SERVER", "", values.oidc_issuer, is_required=HAS_OIDC)
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", "", values.matching(r"\S+", "the id of a client"), is_required=HAS_OIDC)
OIDC_CLIENT_SECRET = env(
    "OIDC_CLIENT_SECRET", "", values.matching(r"\S+", "a client's secret"), is_secret=True, is_required=HAS_OIDC
)
OIDC_NAME = env("OIDC_NAME", "Town ID", str)

SIMPLE_JWT = {
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "AUTH_HEADER_TYPES": ("Bearer", "JWT"),
}
REST_AUTH = {
    "USE_JWT": True,
    "TOKEN_MODEL": None,
    "SESSION_LOGIN": False,  # a sign-in by the API starts no session
    "JWT_AUTH_HTTPONLY": False,  # otherwise answers have an empty refresh token
    "JWT_TOKEN_CLAIMS_SERIALIZER": "accounts.tokens.TokenIssuer",
    "USER_DETAILS_SERIALIZER": "accounts.serializers.OwnAccountSerializer",
    "OLD_PASSWORD_FIELD_ENABLED": True,
}

# Throttle rates. Requests are counted in the database, over all processes.

THROTTLES = {
    "login_name": env("THROTTLE_LOGIN_NAME", "10/min", values.rate),
    "login_address": env("THROTTLE_LOGIN_ADDRESS", "100/min", values.rate),
    "sign_in": env("THROTTLE_SIGN_IN", "30/min", values.rate),
    "registration": env("THROTTLE_REGISTRATION", "60/min", values.rate),
    "anonymous_scores": env("THROTTLE_ANONYMOUS_SCORES", "120/min", values.rate),
    "mail_address": env("THROTTLE_MAIL", "20/hour", values.rate),
    "mail_recipient": env("THROTTLE_MAIL_RECIPIENT", "5/hour", values.rate),
    "report": env("THROTTLE_REPORT", "60/min", values.rate),
}

# The API: views require signing in unless they state other permissions

API_VERSIONS = ("v1", "v2", "v3")
API_CURRENT_VERSION = "v3"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.JSONParser"]
    + (["rest_framework.parsers.FormParser", "rest_framework.parsers.MultiPartParser"] if DEBUG else []),
    "DEFAULT_RENDERER_CLASSES": ["common.api.renderers.JSONRenderer"]
    + (["rest_framework.renderers.BrowsableAPIRenderer"] if DEBUG else []),
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_VERSIONING_CLASS": "common.api.versioning.PathVersioning",
    "DEFAULT_VERSION": API_CURRENT_VERSION,
    "EXCEPTION_HANDLER": "common.api.handlers.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.renderers.AlwaysJSON",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": TRUSTED_PROXIES,
}

# Limits of requests

CLIENT_HEAD_SECONDS: float = 10  # for the head of a request
CLIENT_BODY_SECONDS: float = 60  # for a body, or to read a response; a long one may take its length at the rate below
CLIENT_MIN_BYTES_PER_SECOND = 20_000
FILE_UPLOAD_HANDLERS = [
    "project.server.uploads.Quota",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMAGE_MAX_BYTES = 5 * 1024 * 1024
IMAGE_MAX_PIXELS = 25_000_000
IMPORT_MAX_BYTES = 5 * 1024 * 1024
IMPORT_MAX_ROWS = 10_000
IMPORT_MAX_AGE = 60 * 60  # seconds between preview and confirmation

SWAGGER_USE_COMPAT_RENDERERS = False
SWAGGER_SETTINGS = {
    "SPEC_URL": ("schema", {"format": "json"}),
    "USE_SESSION_AUTH": False,
    "PERSIST_AUTH": False,
    "DEFAULT_INFO": "common.api.schema.INFO",
    "DEFAULT_AUTO_SCHEMA_CLASS": "common.api.schema.AutoSchema",
    "DEFAULT_GENERATOR_CLASS": "common.api.schema.Generator",
    "SECURITY_DEFINITIONS": {
        "Bearer": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Type `Bearer <access token>` with an access token from `/api-token-auth/`.",
        }
    },
}

# The back office

UNFOLD = {
    "SITE_TITLE": _("Town hall"),
    "SITE_HEADER": _("Town hall"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_ICON": "project.site.back_office.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "project.site.back_office.icon"}],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "project.site.dashboard.dashboard",
    "SIDEBAR": {"navigation": "project.site.back_office.sections"},
    "COLORS": "project.site.back_office.colors",
    "STYLES": ["project.site.back_office.style"],
}

# The town hall

CURRENCY = env("CURRENCY", "USD", values.matching("[A-Z]{3}", "three capital letters, such as EUR"))
LOAN_DAYS = env("LOAN_DAYS", 28, values.number(1, 3650))
OBJECTION_DAYS = env("OBJECTION_DAYS", 30, values.number(1, 3650))
OBJECTIONS_EMAIL = env(
    "OBJECTIONS_EMAIL", "", values.matching(r"[^@\s]+@[^@\s]+", "an address such as traffic@town.example")
)
RENEWALS = env("RENEWALS", 2, values.number(0, 1000))
LONG_OVERDUE_DAYS = env("LONG_OVERDUE_DAYS", 30, values.number(1, 3650))
CANCEL_MINUTES = env("CANCEL_MINUTES", 30, values.number(0, 1440))
HOLD_DAYS = env("HOLD_DAYS", 3, values.number(1, 365))
MAX_RENTALS = env("MAX_RENTALS", 20, values.number(1, 1000))
MAX_HOLDS = env("MAX_HOLDS", 20, values.number(1, 1000))
MAX_DEBT: Decimal | None = env("MAX_DEBT", None, values.money)
HISTORY_DAYS = env("HISTORY_DAYS", 3650, values.number(366, 36500))
SECURITY_CONTACT = env(
    "SECURITY_CONTACT",
    "",
    values.matching(r"mailto:[^\s@]+@[^\s@]+|https://[^\s/]+\S*", "mailto:security@town.example or an https address"),
)
DEMO_DATA = env("DEMO_DATA", True, values.boolean)

LOGGING = command_logging(LOG_LEVEL)

env.raise_if_invalid()
