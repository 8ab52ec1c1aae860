#!/usr/bin/env python3
"""Generates missing values of the app's secret, rotates those that --rotate names, and stores the one that --set names.

Needs the AWS CLI. Values are passed only through pipes, never as arguments, in files or to the terminal.
"""

import argparse
import base64
import getpass
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
from typing import Any
from urllib.parse import quote, urlsplit

GENERATED_BYTES = {
    "SECRET_KEY": 48,
    "JWT_SIGNING_KEY": 48,
    "MFA_ENCRYPTION_KEYS": 48,
    "METRICS_TOKEN": 48,
    "database_password": 32,
    "server_password": 32,
}
# Values that others give to the town. The manifests read each, so an optional one is stored empty until it is set.
SETTABLE = ("OIDC_CLIENT_SECRET", "EMAIL_URL")
OPTIONAL = ("OIDC_CLIENT_SECRET",)


def main() -> None:
    options = read_options()
    values = read_secret(options)
    before = dict(values)
    if options.set:
        set_value(options.set, values)
    names = [name for name in (*GENERATED_BYTES, "EMAIL_URL") if name not in values or name in options.rotate]
    values.update({name: "" for name in OPTIONAL if name not in values})
    values["database_role"] = options.database_role
    values["server_role"] = f"{options.database_role}_server"
    for name in names:
        values[name] = make_email_url(options, values) if name == "EMAIL_URL" else generate(name, values)
    if values != before:
        write_secret(options, values)
    results = [f"set {options.set}"] if options.set else []
    results += [f"generated {', '.join(names)}"] if names else []
    sys.stdout.write(f"{options.secret}: {'; '.join(results) or 'nothing was missing'}\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secret", required=True, help="name of the secret, which exists")
    parser.add_argument("--region", required=True)
    parser.add_argument("--database-role", required=True, help="the owner of the tables; the server's is NAME_server")
    parser.add_argument("--smtp-user", required=True, help="IAM user whose access key is the SMTP login")
    parser.add_argument("--smtp-host", required=True)
    rotatable = [*GENERATED_BYTES, "EMAIL_URL"]
    parser.add_argument("--rotate", action="append", default=[], choices=rotatable, help="may be repeated")
    parser.add_argument(
        "--set", choices=SETTABLE, help="store a line of stdin; an empty one removes the value, or generates EMAIL_URL"
    )
    return parser.parse_args()


def set_value(name: str, values: dict[str, str]) -> None:
    line = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    values.pop(name, None)
    if line.strip():
        values[name] = line.strip()


def generate(name: str, values: dict[str, str]) -> str:
    """Returns a random value. A new encryption key is put in front of the old ones, which still have to decrypt."""
    new = secrets.token_urlsafe(GENERATED_BYTES[name])
    return f"{new},{values[name]}" if name == "MFA_ENCRYPTION_KEYS" and name in values else new


class CallError(Exception):
    """A failed call of the AWS CLI, with its error message."""


def aws(options: argparse.Namespace, *words: str, service: str = "secretsmanager", text: str = "") -> Any:
    command = ["aws", service, *words, "--region", options.region, "--output", "json"]
    result = subprocess.run(  # noqa: S603
        command, input=text, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise CallError(result.stderr.strip())
    return json.loads(result.stdout or "{}")


def read_secret(options: argparse.Namespace) -> dict[str, str]:
    """Returns the values of the secret, or none if it is empty. Other errors must not look like an empty secret."""
    try:
        answer = aws(options, "get-secret-value", "--secret-id", options.secret)
    except CallError as error:
        if "ResourceNotFoundException" in str(error):
            return {}
        raise
    values: dict[str, str] = json.loads(answer["SecretString"])
    return values


def write_secret(options: argparse.Namespace, values: dict[str, str]) -> None:
    document = json.dumps(values, sort_keys=True)
    aws(
        options,
        "put-secret-value",
        "--secret-id",
        options.secret,
        "--secret-string",
        "file:///dev/stdin",
        text=document,
    )


def make_email_url(options: argparse.Namespace, values: dict[str, str]) -> str:
    """Returns a URL with a new access key. The key in use stays until the next rotation, because pods still use it."""
    used = urlsplit(values.get("EMAIL_URL", "")).username
    keys = aws(options, "list-access-keys", "--user-name", options.smtp_user, service="iam")["AccessKeyMetadata"]
    for key in keys:
        if key["AccessKeyId"] != used:
            user = ("--user-name", options.smtp_user)
            aws(options, "delete-access-key", *user, "--access-key-id", key["AccessKeyId"], service="iam")
    key = aws(options, "create-access-key", "--user-name", options.smtp_user, service="iam")["AccessKey"]
    password = quote(smtp_password(key["SecretAccessKey"], options.region), safe="")
    return f"smtp+tls://{key['AccessKeyId']}:{password}@{options.smtp_host}:587"


def smtp_password(secret_key: str, region: str) -> str:
    """Returns the SMTP password for a secret key: version 4 of "Obtaining Amazon SES SMTP credentials"."""
    signature = ("AWS4" + secret_key).encode()
    for word in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, word.encode(), hashlib.sha256).digest()
    return base64.b64encode(bytes([4]) + signature).decode()


if __name__ == "__main__":
    try:
        main()
    except CallError as error:
        sys.exit(f"fill_secret: {error}")
