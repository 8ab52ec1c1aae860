"""A few mutations of some requests. `script/fuzz bytes` sends many of all."""

from django.test import tag

from project.tests.fuzz import byte_suite


@tag("slow")
class ByteTests(byte_suite.ByteSuite):
    step = 6
