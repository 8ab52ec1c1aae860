"""Other processes in tests, which may take long on a busy machine but not for ever."""

import subprocess
from typing import Any

# No test expects this to pass: it ends a test that hangs. Under any load less is needed.
SAFETY_NET_SECONDS = 600


def run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
    """Returns the ended process with its output; fails with the output so far if it hangs."""
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    out, err = finish(process)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def finish(process: subprocess.Popen[str], text: str | None = None) -> tuple[str, str]:
    """Returns what the process wrote until its end; fails with the output so far if it hangs."""
    try:
        return process.communicate(text, timeout=SAFETY_NET_SECONDS)
    except subprocess.TimeoutExpired as expired:
        process.kill()
        said = b"".join(filter(None, (expired.stdout, expired.stderr))).decode(errors="replace")
        raise AssertionError(f"{process.args!r} does not end. It said:\n{said}") from expired
