"""Texts that stand where a serial should be.

Firmware and people enter them for devices without a serial, so the same text comes with many devices. The texts are
those that systemd (hwdb.d, "meaningless names") and dmidecode list, and those that people write for nothing.
"""

import re

from common.text import text_key

PLACEHOLDERS = {
    "n/a",
    "n.a.",
    "na",
    "nil",
    "none",
    "null",
    "unknown",
    "empty",
    "invalid",
    "tbd",
    "o.e.m.",
    "oem",
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "not applicable",
    "not available",
    "not present",
    "not specified",
    "no serial",
    "no serial number",
    "serial",
    "serial number",
    "s/n",
    "system serial number",
    "chassis serial number",
    "base board serial number",
    "(null)",
    "<none>",
}
FILLER = re.compile(r"[\s0]+|[\s.?*_/-]+")  # zeros, or marks without a letter or digit


def is_placeholder(serial: str) -> bool:
    """Returns whether a serial stands for none. Case, width and spaces do not matter."""
    key = text_key(serial)
    return key in PLACEHOLDERS or FILLER.fullmatch(key) is not None
