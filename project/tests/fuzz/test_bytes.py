"""A few mutations of some requests. `script/fuzz bytes` sends many of all."""

from project.tests.fuzz import byte_suite


class ByteTests(byte_suite.ByteSuite):
    step = 6
