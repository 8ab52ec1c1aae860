#!/bin/sh
# What a container does: see usage. Each verb becomes the process itself, so that SIGTERM reaches it.
set -eu
cd "$(dirname "$0")"

usage() {
    cat >&2 <<END
usage: entrypoint.sh web                   serve the site with gunicorn on PORT
       entrypoint.sh migrate [--help]      wait for the database and bring it up to date, one at a time
       entrypoint.sh manage COMMAND ...    run a command of manage.py
END
    exit 64
}

# A container's file system ends with it, and a migration is code: written on a laptop, reviewed, and built in.
refuse_makemigrations() {
    [ "$1" = makemigrations ] || return 0
    for argument in "$@"; do
        [ "$argument" != --check ] || return 0
    done
    echo "makemigrations does not run in a container: its files would be lost. Run it in a clone, and build the image." >&2
    exit 64
}

# Gunicorn reads it before any code of ours, and answers a wrong one with a traceback.
check_concurrency() {
    case ${WEB_CONCURRENCY-} in
    '') unset WEB_CONCURRENCY ;;
    0* | *[!0-9]* | ????*)
        echo "WEB_CONCURRENCY=$WEB_CONCURRENCY will not do: choose a number from 1 to 999." >&2
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
