#!/usr/bin/env python
"""Django's command line, on a laptop with everything it needs (project/local.py)."""

import sys


def main() -> None:
    try:
        from project import local
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed: run script/server once, then .venv/bin/python manage.py")
    sys.exit(local.run(sys.argv))


if __name__ == "__main__":
    main()
