"""The script of the service `secrets` in docker-compose.yml, with folders in place of the volumes."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
SCRIPT = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["secrets"]["command"][0]
OWNERS = {"postgres_password", "database_url"}
USERS = dict(re.findall(r"keep /\w+/(\w+) (\d+)", SCRIPT))
SERVERS = {"server_database_url", "secret_key", "jwt_signing_key", "mfa_encryption_keys"}


class SecretsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("bin", "secrets", "owner"):
            (self.folder / name).mkdir()
        (self.folder / "bin" / "python").symlink_to(sys.executable)
        chown = self.folder / "bin" / "chown"  # only root may run the real one
        chown.write_text(f'#!/bin/sh\necho "$*" >>"{self.folder}/chown"\n')
        chown.chmod(0o755)

    def run_shell(self, script: str) -> None:
        script = script.replace("$$", "$")
        for volume in ("secrets", "owner"):
            script = script.replace(f"/{volume}/", f"{self.folder}/{volume}/")
        subprocess.run(  # noqa: S603
            ["/bin/sh", "-euc", script], env={"PATH": f"{self.folder}/bin:{os.defpath}"}, check=True
        )

    def read(self, volume: str) -> dict[str, str]:
        return {file.name: file.read_text() for file in (self.folder / volume).iterdir()}

    def start_earlier_release(self, password: str) -> None:
        for name, text in (
            ("postgres_password", password),
            ("database_url", f"postgresql://townhall:{password}@db:5432/townhall"),
        ):
            file = self.folder / "secrets" / name
            if not file.exists():
                file.write_text(text)
                file.chmod(0o440)

    def test_secrets_are_generated_once_and_those_of_the_owner_are_apart(self) -> None:
        self.run_shell(SCRIPT)
        owner, server = self.read("owner"), self.read("secrets")
        self.assertEqual((set(owner), set(server)), (OWNERS, SERVERS))
        self.assertEqual(owner["database_url"], f"postgresql://townhall:{owner['postgres_password']}@db:5432/townhall")
        self.assertNotIn(owner["postgres_password"], "".join(server.values()))
        for name in OWNERS | SERVERS:
            volume = "owner" if name in OWNERS else "secrets"
            self.assertEqual((self.folder / volume / name).stat().st_mode & 0o777, 0o440)
        self.run_shell(SCRIPT)
        self.assertEqual((self.read("owner"), self.read("secrets")), (owner, server))

    def test_the_owners_secrets_of_an_earlier_release_are_moved(self) -> None:
        self.start_earlier_release("earlier")
        self.run_shell(SCRIPT)
        self.assertEqual(self.read("owner")["postgres_password"], "earlier")
        self.assertEqual(set(self.read("secrets")), SERVERS)

    def test_what_an_earlier_release_used_last_replaces_an_older_copy(self) -> None:
        self.run_shell(SCRIPT)
        self.start_earlier_release("changed")
        self.run_shell(SCRIPT)
        self.assertEqual(
            self.read("owner"),
            {
                "postgres_password": "changed",
                "database_url": "postgresql://townhall:changed@db:5432/townhall",
            },
        )
        self.assertEqual(set(self.read("secrets")), SERVERS)

    def test_the_next_run_completes_one_that_was_killed(self) -> None:
        for step in range(1, 9):
            with self.subTest(step):
                self.start_earlier_release(f"password {step}")
                self.kill_before(step)
                with self.assertRaises(subprocess.CalledProcessError):
                    self.run_shell(SCRIPT)
                for name in ("rm", "mv"):
                    (self.folder / "bin" / name).unlink()
                self.run_shell(SCRIPT)
                self.assertEqual(self.read("owner")["postgres_password"], f"password {step}")
                self.assertEqual((set(self.read("owner")), set(self.read("secrets"))), (OWNERS, SERVERS))

    def kill_before(self, step: int) -> None:
        """Makes rm and mv kill the script before it removes or moves a file for the nth time."""
        for name, files in (("rm", '"$@"'), ("mv", '"$2"')):
            program = self.folder / "bin" / name
            program.write_text(
                f"#!/bin/sh\nfor file in {files}; do\n"
                f'[ "$file" != -f ] || continue\necho >>"{self.folder}/steps"\n'
                f'[ $(wc -l <"{self.folder}/steps") -lt {step} ] || {{ kill -KILL $PPID; exit; }}\n'
                f'[ {name} = mv ] || /bin/rm -f "$file"\ndone\n[ {name} = rm ] || exec /bin/mv "$@"\n'
            )
            program.chmod(0o755)
        (self.folder / "steps").unlink(missing_ok=True)

    def test_the_command_for_going_back_gives_an_earlier_release_its_secrets(self) -> None:
        guide = (ROOT / "docs" / "operations.md").read_text()
        [command] = re.findall(r"docker compose run --rm --no-deps secrets '(.+?)'", guide)
        self.run_shell(SCRIPT)
        owner = self.read("owner")
        (self.folder / "chown").unlink()
        self.start_earlier_release("generated because the command was forgotten")
        self.run_shell(command)
        self.assertEqual(self.read("secrets"), self.read("secrets") | owner)
        calls = (self.folder / "chown").read_text().splitlines()
        users = {Path(file).name: user for user, file in map(str.split, calls)}
        self.assertEqual(users, {name: USERS[name] for name in OWNERS})
        self.run_shell(SCRIPT)
        self.assertEqual(self.read("owner"), owner)

    def test_each_file_belongs_to_the_user_who_reads_it(self) -> None:
        self.assertEqual(set(USERS), OWNERS | SERVERS)
        [ours] = re.findall(r"useradd --uid (\d+)", (ROOT / "Dockerfile").read_text())
        official = "999"  # of the official PostgreSQL image
        for name, user in USERS.items():
            self.assertEqual(user, official if name == "postgres_password" else ours)
