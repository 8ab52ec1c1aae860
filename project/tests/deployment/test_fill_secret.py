"""fill_secret.py generates missing values and rotates named ones. A stand-in for `aws` keeps the secret in a file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import skipUnless
from urllib.parse import unquote, urlsplit

from django.test import SimpleTestCase

from project.local import command_line

SCRIPT = command_line.PROJECT / "terraform" / "modules" / "secrets" / "fill_secret.py"
OPTIONS = ["--secret=townhall/staging", "--region=eu-south-2", "--database-role=townhall"]
MAIL = ["--smtp-user=townhall-mail", "--smtp-host=mail.example"]
AWS = """
import json, os, sys
from pathlib import Path
folder, words = Path(os.environ["FOLDER"]), sys.argv[1:]
with (folder / "calls").open("a") as calls:
    calls.write(" ".join(words) + "\\n")
if (folder / "failure").exists():
    sys.exit((folder / "failure").read_text())
if words[1] == "get-secret-value":
    if not (folder / "secret").exists():
        sys.exit("An error occurred (ResourceNotFoundException)")
    print(json.dumps({"SecretString": (folder / "secret").read_text()}))
elif words[1] == "put-secret-value":
    (folder / "secret").write_text(sys.stdin.read())
elif words[1] == "list-access-keys":
    print((folder / "keys").read_text())
elif words[1] == "create-access-key":
    print(json.dumps({"AccessKey": {"AccessKeyId": "AKIANEW", "SecretAccessKey": "no key of anybody's"}}))
"""


@skipUnless(SCRIPT.exists(), "terraform/ does not exist here")
class FillSecretTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "aws.py").write_text(AWS)
        (self.folder / "aws").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$0.py" "$@"\n')
        (self.folder / "aws").chmod(0o755)
        self.set_access_keys()

    def set_access_keys(self, *ids: str) -> None:
        keys = [{"AccessKeyId": each} for each in ids]
        (self.folder / "keys").write_text(json.dumps({"AccessKeyMetadata": keys}))

    def fill(self, *rotate: str, stdin: str = "", **options: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, str(SCRIPT), *OPTIONS, *MAIL, *(f"--rotate={name}" for name in rotate)]
        command += [f"--{name}={value}" for name, value in options.items()]
        environment = {"PATH": path, "FOLDER": str(self.folder)}
        return subprocess.run(  # noqa: S603
            command, env=environment, input=stdin, capture_output=True, text=True, check=False
        )

    def secret(self) -> dict[str, str]:
        return json.loads((self.folder / "secret").read_text())

    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    def test_all_values_are_generated_once(self) -> None:
        done = self.fill()
        self.assertEqual(done.returncode, 0, done.stderr)
        first = self.secret()
        self.assertEqual(
            set(first),
            {
                "SECRET_KEY",
                "JWT_SIGNING_KEY",
                "METRICS_TOKEN",
                "MFA_ENCRYPTION_KEYS",
                "database_password",
                "database_role",
                "server_password",
                "server_role",
                "EMAIL_URL",
                "OIDC_CLIENT_SECRET",
            },
        )
        self.assertEqual((first["database_role"], first["server_role"]), ("townhall", "townhall_server"))
        for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "METRICS_TOKEN", "MFA_ENCRYPTION_KEYS"):
            self.assertGreaterEqual(len(first[name]), 50)
        self.assertEqual(len(set(first.values())), 10)

        self.assertIn("nothing was missing", self.fill().stdout)
        self.assertEqual(self.secret(), first)
        self.assertEqual(self.calls().count("put-secret-value"), 1)

    def test_no_value_is_printed_or_passed_as_an_argument(self) -> None:
        done = self.fill()
        for name, value in self.secret().items():
            if name not in ("database_role", "server_role", "OIDC_CLIENT_SECRET"):
                self.assertNotIn(value, done.stdout + done.stderr + self.calls())

    def test_the_mail_url_is_a_login_of_ses(self) -> None:
        self.fill()
        url = urlsplit(self.secret()["EMAIL_URL"])
        self.assertEqual(
            (url.scheme, url.username, url.hostname, url.port), ("smtp+tls", "AKIANEW", "mail.example", 587)
        )
        self.assertEqual(len(unquote(url.password or "")), 44)
        self.assertTrue(unquote(url.password or "").startswith("B"))  # the version, 4, is its first byte

    def test_only_the_named_value_is_rotated(self) -> None:
        self.fill()
        before = self.secret()
        self.fill("database_password")
        changed = {name for name, value in self.secret().items() if value != before[name]}
        self.assertEqual(changed, {"database_password"})

    def test_what_others_gave_to_the_town_is_set_from_stdin(self) -> None:
        self.fill()
        before = self.secret()
        for name, value in (("OIDC_CLIENT_SECRET", "provider's"), ("EMAIL_URL", "smtp+tls://town:word@mail.town:587")):
            done = self.fill(set=name, stdin=f"{value}\n")
            self.assertEqual((done.returncode, done.stdout), (0, f"townhall/staging: set {name}\n"))
            self.assertNotIn(value, self.calls())
            before[name] = value
            self.assertEqual(self.secret(), before)
        self.fill()
        self.assertEqual(self.secret(), before)

    def test_an_empty_line_removes_what_was_set(self) -> None:
        self.fill(set="OIDC_CLIENT_SECRET", stdin="provider's\n")
        self.fill(set="EMAIL_URL", stdin="smtp+tls://town:word@mail.town:587\n")
        self.fill(set="OIDC_CLIENT_SECRET")
        self.assertEqual(self.secret()["OIDC_CLIENT_SECRET"], "")
        self.fill(set="EMAIL_URL")
        self.assertEqual(urlsplit(self.secret()["EMAIL_URL"]).username, "AKIANEW")

    def test_a_generated_key_cannot_be_set(self) -> None:
        self.assertEqual(self.fill(set="SECRET_KEY", stdin="weak\n").returncode, 2)

    def test_a_secret_of_an_earlier_version_gets_an_empty_value_for_each_optional_one(self) -> None:
        self.fill()
        values = self.secret()
        del values["OIDC_CLIENT_SECRET"]
        (self.folder / "secret").write_text(json.dumps(values))
        self.fill()
        self.assertEqual(self.secret(), {**values, "OIDC_CLIENT_SECRET": ""})

    def test_a_new_login_keeps_the_one_in_use_and_deletes_the_older_one(self) -> None:
        self.fill()
        self.set_access_keys("AKIAOLDER", "AKIANEW")
        self.fill("EMAIL_URL")
        self.assertIn("delete-access-key --user-name townhall-mail --access-key-id AKIAOLDER", self.calls())
        self.assertNotIn("--access-key-id AKIANEW", self.calls())

    def test_a_failed_read_is_not_treated_as_an_empty_secret(self) -> None:
        self.fill()
        before = self.secret()
        (self.folder / "failure").write_text("Could not connect to the endpoint")
        done = self.fill()
        self.assertEqual((done.returncode, done.stderr.strip()), (1, "fill_secret: Could not connect to the endpoint"))
        self.assertEqual(self.secret(), before)
