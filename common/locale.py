"""The middleware that chooses the language, and the form of dates in English."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils.translation import activate, get_language
from django.utils.translation.trans_real import parse_accept_lang_header

from common.paths import is_api

# English as it is written where the month comes before the day. Other places have the day first, as CLDR's en-001 says.
MONTH_FIRST = {"en", "en-us", "en-ca"}
DAY_FIRST = "en-gb"  # Django has these formats; the texts are those of "en"


class Locale(LocaleMiddleware):
    """Shows dates on pages in English as the reader's browser asks. The language that residents choose is "en"."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        path = request.path_info
        if get_language() == "en" and not path.startswith("/admin/") and not is_api(path) and has_day_first(request):
            activate(DAY_FIRST)
            request.LANGUAGE_CODE = DAY_FIRST


def has_day_first(request: HttpRequest) -> bool:
    """Returns whether the English that the browser prefers puts the day before the month."""
    wanted = (tag for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    english = next((tag for tag in wanted if tag.partition("-")[0] == "en"), "en")
    return english not in MONTH_FIRST
