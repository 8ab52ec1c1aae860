"""Which paths belong to the API."""

import re

API_PATHS = re.compile(
    r"/(?:api|api-token-auth|api-token-refresh|api-token-verify|scores/api/get_score|swagger|redoc"
    r"|swagger\.json|swagger\.yaml|openapi\.json)(?s:/.*)?$"
)


def is_api(path: str) -> bool:
    return API_PATHS.match(path) is not None
