import json
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from common.promises import Promise, Violation, check_record
from project.promises import PROMISES

NAMES = [promise.name for promise in PROMISES]


class Command(BaseCommand):
    help = (
        "Checks what the system promises about its data, and lists each row that breaks a promise. It only reads, and"
        " it is safe to run this at any time. It exits with 1 if it found a row, so that a schedule notices. The metric"
        " townhall_invariant_violations has the numbers that the last run found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("promises", nargs="*", metavar="NAME", help=f"check only these: {', '.join(NAMES)}")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
        parser.add_argument(
            "--fix", action="store_true", help="rebuild what is derived from other rows, such as counts and rankings"
        )

    def handle(self, *, promises: list[str], as_json: bool, fix: bool, **options: Any) -> None:
        if unknown := sorted(set(promises) - set(NAMES)):
            raise CommandError(f"There is no promise {', '.join(unknown)}.")
        chosen = [promise for promise in PROMISES if not promises or promise.name in promises]
        started = monotonic()
        found = {promise.name: self.verify(promise, fix=fix, is_listed=not as_json) for promise in chosen}
        seconds, total = monotonic() - started, sum(map(len, found.values()))
        if as_json:
            self.print_json(found, seconds)
        elif not total and len(chosen) == len(PROMISES):
            # An alarm waits for a line that begins with "verify done".
            self.stdout.write(f"verify done: all {len(chosen)} promises hold ({seconds:.1f} s)")
        if total:
            raise CommandError(f"{total} rows break a promise.")

    def verify(self, promise: Promise, *, fix: bool, is_listed: bool) -> list[Violation]:
        at, started = timezone.now(), monotonic()
        found = promise.violations(at=at)
        if found and fix and promise.fix is not None:
            promise.fix(at)
            self.stderr.write(f"{promise.name}: {len(found)} rows rebuilt")
            found = promise.violations(at=at)
        check_record(promise, len(found), at=at)
        if is_listed:
            for violation in found:
                facts = ", ".join(f"{name} {value}" for name, value in violation.items() if name != "row")
                self.stdout.write(f"{promise.name}: {violation['row']} ({facts})")
            self.stderr.write(f"{promise.name}: {len(found)} violations ({monotonic() - started:.1f} s)")
        return found

    def print_json(self, found: dict[str, list[Violation]], seconds: float) -> None:
        report = {"seconds": round(seconds, 1), "violations": found}
        self.stdout.write(json.dumps(report, cls=DjangoJSONEncoder))
