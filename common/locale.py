"""The middleware that chooses the language, and the form of dates in English."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, get_language, get_language_from_request
from django.utils.translation.trans_real import parse_accept_lang_header

from common.middleware import GetResponse
from common.paths import is_api

# English as it is written where the month comes before the day. Other places have the day first, as CLDR's en-001 says.
MONTH_FIRST = {"en", "en-us", "en-ca"}
DAY_FIRST = "en-gb"  # Django has these formats; the texts are those of "en"


class Locale:
    """Django's LocaleMiddleware without languages in paths, which no path of the site has.

    Shows dates on pages in English as the reader's browser asks. The language that residents choose is "en".
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path, language = request.path_info, get_language_from_request(request)
        if language == "en" and not path.startswith("/admin/") and not is_api(path) and has_day_first(request):
            language = DAY_FIRST
        activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", get_language())
        return response


def has_day_first(request: HttpRequest) -> bool:
    """Returns whether the English that the browser prefers puts the day before the month."""
    wanted = (tag for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    english = next((tag for tag in wanted if tag.partition("-")[0] == "en"), "en")
    return english not in MONTH_FIRST
