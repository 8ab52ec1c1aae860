#!/usr/bin/env python3
"""Makes what is missing in the app's secret, and anew what --rotate names. Needs the AWS CLI.

Values go through pipes alone: never as an argument, to a file or to the terminal.
"""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
from urllib.parse import quote, urlsplit

GENERATED = {"SECRET_KEY": 48, "JWT_SIGNING_KEY": 48, "database_password": 32}  # bytes


def main() -> None:
    options = read_options()
    values = read_secret(options)
    wanted = [name for name in (*GENERATED, "EMAIL_URL") if name not in values or name in options.rotate]
    before = dict(values)
    values["database_role"] = options.database_role
    for name in wanted:
        is_mail = name == "EMAIL_URL"
        values[name] = make_email_url(options, values) if is_mail else secrets.token_urlsafe(GENERATED[name])
    if values != before:
        write_secret(options, values)
    done = f"made {', '.join(wanted)}" if wanted else "nothing was missing"
    sys.stdout.write(f"{options.secret}: {done}\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secret", required=True, help="name of the secret, which exists")
    parser.add_argument("--region", required=True)
    parser.add_argument("--database-role", required=True, help="the app's role in the database")
    parser.add_argument("--smtp-user", required=True, help="IAM user whose access key is the SMTP login")
    parser.add_argument("--smtp-host", required=True)
    rotatable = [*GENERATED, "EMAIL_URL"]
    parser.add_argument("--rotate", action="append", default=[], choices=rotatable, help="may be repeated")
    return parser.parse_args()


class CallError(Exception):
    """What the AWS CLI said when it failed."""


def aws(options: argparse.Namespace, *words: str, service: str = "secretsmanager", text: str = "") -> dict:
    command = ["aws", service, *words, "--region", options.region, "--output", "json"]
    result = subprocess.run(  # noqa: S603
        command, input=text, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise CallError(result.stderr.strip())
    return json.loads(result.stdout or "{}")


def read_secret(options: argparse.Namespace) -> dict[str, str]:
    """What the secret holds; nothing while it has no value. Any other failure must not pass for an empty secret."""
    try:
        answer = aws(options, "get-secret-value", "--secret-id", options.secret)
    except CallError as error:
        if "ResourceNotFoundException" in str(error):
            return {}
        raise
    return json.loads(answer["SecretString"])


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
    """A new access key as an SMTP login; the one in use stays until the next rotation: pods still send with it."""
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
    """The password that SES derives from a secret key, version 4 ("Obtaining Amazon SES SMTP credentials")."""
    signature = ("AWS4" + secret_key).encode()
    for word in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, word.encode(), hashlib.sha256).digest()
    return base64.b64encode(bytes([4]) + signature).decode()


if __name__ == "__main__":
    try:
        main()
    except CallError as error:
        sys.exit(f"fill_secret: {error}")
