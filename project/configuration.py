"""What the environment must hold before anything starts."""

import environ
from django.core.exceptions import ImproperlyConfigured

MEANING = {
    "SECRET_KEY": "at least 50 random characters",
    "JWT_SIGNING_KEY": "at least 50 random characters, other than SECRET_KEY",
    "DATABASE_URL": "postgresql://user:password@host:5432/name",
}


def read_required(env: environ.Env) -> dict[str, str]:
    """The required values by name; ImproperlyConfigured names every missing or weak one in one line."""
    values = {name: env(name, default="").strip() for name in MEANING}
    problems = {name for name, value in values.items() if not value}
    problems |= {name for name in ("SECRET_KEY", "JWT_SIGNING_KEY") if is_weak(values[name])}
    if values["SECRET_KEY"] == values["JWT_SIGNING_KEY"]:
        problems.add("JWT_SIGNING_KEY")
    if problems:
        wanted = "; ".join(f"{name} ({meaning})" for name, meaning in MEANING.items() if name in problems)
        raise ImproperlyConfigured(f"Missing or weak in the environment: {wanted}. See .env.example.")
    return values


def is_weak(key: str) -> bool:
    """Whether a key could be guessed: short, of few different characters, or Django's own placeholder."""
    return len(key) < 50 or len(set(key)) < 10 or key.startswith("django-insecure-")
