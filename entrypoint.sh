#!/bin/sh
# The entry point of the image: see usage(). It executes each command with exec, so that SIGTERM reaches the command.
set -eu
cd "$(dirname "$0")"

usage() {
    cat >&2 <<END
usage: entrypoint.sh web                   serve the site with gunicorn on PORT
       entrypoint.sh migrate [--help]      wait for the database and migrate it, one container at a time
       entrypoint.sh manage COMMAND ...    run a command of manage.py
END
    exit 64
}

# Files written in a container are lost with it. Migrations are code: they are written in a clone and reviewed.
refuse_makemigrations() {
    [ "$1" = makemigrations ] || return 0
    for argument in "$@"; do
        [ "$argument" != --check ] || return 0
    done
    echo "makemigrations does not run in a container, because its files would be lost. Run it in a clone and rebuild the image." >&2
    exit 64
}

# Gunicorn reads this variable before our code runs, and fails with a traceback if it is invalid.
check_concurrency() {
    case ${WEB_CONCURRENCY-} in
    '') unset WEB_CONCURRENCY ;;
    0* | *[!0-9]* | ????*)
        echo "WEB_CONCURRENCY=$WEB_CONCURRENCY is invalid: set it to a number from 1 to 999." >&2
        exit 1
        ;;
    esac
}

[ $# -gt 0 ] || usage
verb=$1
shift
case $verb in
web)
    check_concurrency
    exec gunicorn project.wsgi "$@"
    ;;
migrate) exec python manage.py prepare "$@" ;;
manage)
    [ $# -gt 0 ] || usage
    refuse_makemigrations "$@"
    exec python manage.py "$@"
    ;;
*) usage ;;
esac
