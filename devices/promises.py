"""What is promised about devices."""

from common.collisions import unique_text_rule
from common.promises import unique_to_readers

SERIALS = unique_text_rule("devices", "Device", "serial")

PROMISES = (unique_to_readers("unique_serials", "No two devices have the same serial.", SERIALS),)
