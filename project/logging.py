"""What logs say."""

import logging
import re

# Links in mails carry a secret in their path, and Django logs the path of whatever went wrong: also of one that a mail
# program has cut or lengthened, which leads to no view.
SECRET_PATHS = re.compile(r"(/accounts/(?:confirm-email|password/reset)/)\S+")


class HideSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(hidden(argument) for argument in record.args)
        return True


def hidden(argument: object) -> object:
    text = str(argument)
    return SECRET_PATHS.sub(r"\1…", text) if SECRET_PATHS.search(text) else argument
