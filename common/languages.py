"""The languages of the site."""

from django.conf import settings
from django.utils.translation import get_language, get_supported_language_variant


def site_language() -> str:
    """Returns the current language as settings.LANGUAGES names it: `en` also for a regional form such as `en-gb`."""
    try:
        return get_supported_language_variant(get_language() or settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE
