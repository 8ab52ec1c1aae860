FROM python:3.13-slim AS base
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 townhall \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin townhall
WORKDIR /app


# Installs the packages into a virtual environment without pip. Bytecode that is not checked against its source is the
# same in every build.
FROM base AS build
COPY requirements.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-compile --disable-pip-version-check \
        --require-hashes -r /requirements/requirements.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash /venv/lib


# `docker build --target test` builds an image for the tests, which also need a PostgreSQL in DATABASE_URL.
FROM build AS test
COPY requirements /requirements/requirements
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /venv/bin/python install --disable-pip-version-check --require-hashes \
        -r /requirements/requirements/embedded.txt -r /requirements/requirements/development.txt
RUN chown 10001:10001 .
COPY --chown=10001:10001 . .
USER 10001:10001
CMD ["python", "manage.py", "test", "--with-coverage", "--parallel", "auto", "--noinput"]


# Copies what production runs: the packages without tests, and the static files without source maps.
FROM build AS site
COPY . /tree
WORKDIR /tree
RUN for package in */__init__.py; do cp -r "${package%/*}" /app; done \
    && cp -r entrypoint.sh gunicorn.conf.py manage.py templates /app \
    && find /app -name tests -type d -prune -exec rm -r {} +
WORKDIR /app
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(48))') \
    JWT_SIGNING_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(48))') \
    MFA_ENCRYPTION_KEYS=$(python -c 'import secrets; print(secrets.token_urlsafe(48))') \
    DATABASE_URL=postgresql:///unused \
    python manage.py collectstatic --noinput \
    && find staticfiles -name '*.map*' -delete \
    && python -m compileall -q --invalidation-mode unchecked-hash /app


FROM base AS production
# Production does not need the base image's pip, setuptools and wheel. Debian's own packages of them are kept.
RUN python -m pip uninstall --quiet --yes pip setuptools wheel \
    && install --directory --owner=10001 --group=10001 /media
ENV MEDIA_ROOT=/media
COPY --from=build /venv /venv
COPY --from=site /app /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os; from http.client import HTTPConnection as C; c = C('127.0.0.1', int(os.environ.get('PORT') or 8000), timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["web"]
ARG VERSION=unknown REVISION=unknown
LABEL org.opencontainers.image.title="Townhall" \
      org.opencontainers.image.description="The software that a town hall's everyday services run on" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
