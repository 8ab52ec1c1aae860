#!/usr/bin/env python
"""Django's command line. On a laptop it also starts a database and creates keys (project/local/command_line.py)."""

import sys


def main() -> int:
    try:
        from project.local import command_line

        return command_line.run(sys.argv)
    except ModuleNotFoundError as error:
        if error.name not in ("django", "environ", "psycopg2"):
            raise
        sys.stderr.write(
            f"{error.name} is not installed. Run script/server once, then use .venv/bin/python manage.py.\n"
        )
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
