"""What a text may consist of, and the form in which it is stored.

A field of one line has no character that breaks the line, changes its direction or cannot be seen, and has at least
one that can be seen. All text is NFC. `common.line_triggers` holds the rules for one line in the database.
"""

import re
import unicodedata
from encodings.idna import nameprep
from itertools import groupby

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Characters that no field of one line has: control and format characters, line and paragraph separators, private use
# and noncharacters. These are ranges of a regular expression in Python and in PostgreSQL. Python also refuses
# surrogates, which PostgreSQL cannot store, and unassigned characters, of which each version of Unicode has fewer.
REFUSED = (
    r"\u0001-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    r"\U000f0000-\U0010ffff"
) + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 15))
REFUSED_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Spaces, and letters and signs that fonts draw as nothing: fillers, the empty Braille pattern, variation selectors.
INVISIBLE = SPACES + (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    r"\U000e0100-\U000e01ef"
)
PHONE_SEPARATORS = re.compile(rf"[{SPACES}()./\u2010-\u2015\u2212-]")
LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
INVISIBLE_CHARACTER = re.compile(f"[{INVISIBLE}]")
# Unicode gives control characters no names.
CONTROLS = {
    "\0": "NULL",
    "\a": "BELL",
    "\b": "BACKSPACE",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\v": "LINE TABULATION",
    "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
KINDS = {"Cc": "CONTROL CHARACTER", "Co": "PRIVATE USE", "Cn": "UNASSIGNED", "Cs": "SURROGATE"}
# As in the Stream-Safe Text Format of Unicode (UAX 15). Sorting the accents of a letter takes quadratic time.
MAX_ACCENTS = 30

BAD_CHARACTER = _("%(character)s is not allowed in a field of one line. Delete it, or type the text again.")
NOT_VISIBLE = _("Enter at least one character that can be seen.")
TOO_MANY_ACCENTS = _("A letter has at most %(count)s accents.")
OTHER_DOMAIN = _("Mail to this address would go to %(address)s.")


def normal_text(text: str) -> str:
    """Returns a text in NFC, with `\\n` for each line end. A text that `check_accents` refuses is left as it is."""
    return nfc(LINE_END.sub("\n", text))


def normal_line(text: str) -> str:
    """Returns a text of one line in NFC, without spaces around it. It is not checked."""
    return nfc(text.strip(SPACES))


def normal_phone(text: str) -> str:
    """Returns a telephone number without what people write between its digits: `+1 (415) 555-0100` is +14155550100."""
    digits = (str(unicodedata.decimal(sign, sign)) for sign in normal_line(text))
    return PHONE_SEPARATORS.sub("", "".join(digits).replace("\uff0b", "+"))


def nfc(text: str) -> str:
    if unicodedata.is_normalized("NFC", text) or longest_run_of_accents(text) > MAX_ACCENTS:
        return text
    return unicodedata.normalize("NFC", text)


def longest_run_of_accents(text: str) -> int:
    runs = groupby(text, lambda character: unicodedata.combining(character) != 0)
    return max((sum(1 for _character in run) for are_accents, run in runs if are_accents), default=0)


def check_accents(text: str) -> None:
    """Raises ValidationError for a text that was not normalized because it would take too long."""
    if not unicodedata.is_normalized("NFC", text):
        raise ValidationError(TOO_MANY_ACCENTS, params={"count": MAX_ACCENTS})


def check_line(text: str) -> None:
    """Raises ValidationError, with the code point and the name of the character, for text that is not one line.

    The text comes from `normal_line`. An empty text passes, because the field knows whether it is required.
    """
    if not text.isprintable():  # fast, but a no-break space is not printable either
        for character in text:
            if unicodedata.category(character) in REFUSED_CATEGORIES:
                raise ValidationError(BAD_CHARACTER, code="character", params={"character": name_of(character)})
    check_accents(text)
    if text and not any(map(is_visible, text)):
        raise ValidationError(NOT_VISIBLE, code="invisible")


def check_email(text: str) -> None:
    """Raises ValidationError for an address that is not one line, or whose mail would go to another domain.

    Mail servers know domains in ASCII. Django encodes others by IDNA 2003, whose `nameprep` turns wide letters into
    common ones and `ß` into `ss`: somebody else with that mailbox could confirm the address.
    """
    check_line(text)
    local, at_sign, domain = text.rpartition("@")
    try:
        reached = nameprep(domain)
    except UnicodeError:  # no mail can be sent to it
        return
    if at_sign and not domain.isascii() and reached != domain.lower():
        raise ValidationError(OTHER_DOMAIN, code="domain", params={"address": f"{local}@{reached}"})


def is_visible(character: str) -> bool:
    """Returns whether a character is a letter, digit, sign or symbol that fonts draw."""
    return unicodedata.category(character)[0] in "LNPS" and not INVISIBLE_CHARACTER.match(character)


def name_of(character: str) -> str:
    """Returns the code point and the name of a character, such as `U+200B (ZERO WIDTH SPACE)`."""
    kind = KINDS.get(unicodedata.category(character), "")
    return f"U+{ord(character):04X} ({CONTROLS.get(character) or unicodedata.name(character, kind)})"
