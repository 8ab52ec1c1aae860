"""Many mutations of every request: `script/fuzz bytes` runs them."""

import os

from project.tests.fuzz import byte_suite


class ByteFuzz(byte_suite.ByteSuite):
    examples = int(os.environ.get("FUZZ_EXAMPLES", "20"))
    seed = os.environ.get("FUZZ_SEED", "1")
