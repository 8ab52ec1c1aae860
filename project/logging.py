"""What logs say."""

import logging

SECRET_PARTS = ("key", "token")


class HideSecrets(logging.Filter):
    """Links in mails carry a secret in their path, and Django logs the path of whatever went wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        secrets = [str(match.kwargs[name]) for name in SECRET_PARTS if match and name in match.kwargs]
        if secrets and isinstance(record.args, tuple):
            record.args = tuple(hidden(argument, secrets) for argument in record.args)
        return True


def hidden(argument: object, secrets: list[str]) -> object:
    for secret in secrets:
        if secret in str(argument):
            argument = str(argument).replace(secret, "…")
    return argument
