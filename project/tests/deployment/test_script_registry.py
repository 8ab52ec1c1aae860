import shutil
from unittest import skipUnless

from project.tests.deployment.scripts import GitCase, ScriptCase

DIGEST = "sha256:" + "ab" * 32
REPOSITORY = "registry.example/townhall"
# ECR with one image. The answers are those of the AWS CLI.
ECR = r"""
case "$*" in
*imageDigest=sha256:abab*"--query images[0].imageManifestMediaType"*) echo application/vnd.oci.image.index.v1+json ;;
*imageDigest=sha256:abab*"--query images[0].imageManifest"*) printf '{\n   "schemaVersion": 2\n}\n' ;;
*put-image*"--image-tag taken"*) echo "An error occurred (ImageTagAlreadyExistsException)" >&2; exit 254 ;;
*put-image*"--image-tag again"*) echo "An error occurred (ImageAlreadyExistsException)" >&2; exit 254 ;;
*put-image*) echo '{}' ;;
*imageTag=main*"--query imageDetails[0].imageDigest"*) echo sha256:abab ;;
*imageDigest=sha256:abab*"--query imageDetails[0].imageDigest"*) printf '%s\n' "$DIGEST" ;;
*imageDigest=sha256:abab*"--query imageDetails[0].imageTags"*) printf '%s\t%s\n' $TAGS ;;
*imageTag=forbidden*) echo "An error occurred (AccessDeniedException)" >&2; exit 254 ;;
*) echo "An error occurred (ImageNotFoundException)" >&2; exit 254 ;;
esac
"""


class RegistryTests(ScriptCase):
    scripts = ("registry",)

    def setUp(self) -> None:
        super().setUp()
        self.stand_in("aws", ECR)

    def registry(self, *arguments: str) -> tuple[int, str, str]:
        return self.run_script(
            "registry", *arguments, IMAGE_REPOSITORY=REPOSITORY, DIGEST=DIGEST, TAGS="main deployed-staging"
        )

    def test_the_digest_of_a_tag_is_printed(self) -> None:
        self.assertEqual(self.registry("digest", "main"), (0, "sha256:abab\n", ""))
        self.assertIn("--repository-name townhall ", self.calls("aws")[0])

    def test_a_tag_that_does_not_exist_has_no_digest(self) -> None:
        self.assertEqual(self.registry("digest", "other"), (0, "", ""))

    def test_a_refusal_of_the_registry_is_not_a_missing_tag(self) -> None:
        code, printed, errors = self.registry("digest", "forbidden")
        self.assertEqual((code, printed), (1, ""))
        self.assertIn("AccessDenied", errors)

    def test_an_image_is_printed_with_its_digest(self) -> None:
        for digest in (DIGEST, DIGEST.removeprefix("sha256:")):
            self.assertEqual(self.registry("image", digest), (0, f"{REPOSITORY}@{DIGEST}\n", ""))

    def test_an_image_that_does_not_exist_is_refused(self) -> None:
        missing = "sha256:" + "0" * 64
        code, printed, errors = self.registry("image", missing)
        self.assertEqual((code, printed, errors), (1, "", f"registry: {REPOSITORY} has no image {missing}\n"))

    def test_a_wrong_digest_is_refused_without_a_call(self) -> None:
        for wrong in (
            "",
            "main",
            "sha256:abc",
            "sha256:" + "AB" * 32,
            DIGEST + "0",
            f"{DIGEST}\n{DIGEST}",
            "sha512:" + "0" * 64,
        ):
            for verb in (("image",), ("tags",), ("mark", "x")):
                with self.subTest(wrong, verb=verb):
                    code, printed, errors = self.registry(verb[0], wrong, *verb[1:])
                    self.assertEqual((code, printed), (1, ""))
                    self.assertIn("not a digest", errors)
        self.assertEqual(self.calls("aws"), [])

    def test_tags_are_listed(self) -> None:
        self.assertEqual(self.registry("tags", DIGEST), (0, "main\ndeployed-staging\n", ""))

    def test_a_tag_is_added_to_the_same_manifest(self) -> None:
        self.assertEqual(self.registry("mark", DIGEST, "v1"), (0, "", ""))
        put = "\n".join(self.calls("aws")[2:])
        self.assertIn(f"--image-digest {DIGEST} --image-tag v1 ", put)
        self.assertIn("--image-manifest-media-type application/vnd.oci.image.index.v1+json ", put)
        self.assertTrue(put.endswith('--image-manifest {\n   "schemaVersion": 2\n}'), put)

    def test_a_tag_that_the_image_has_is_accepted(self) -> None:
        self.assertEqual(self.registry("mark", DIGEST, "again"), (0, "", ""))

    def test_a_tag_of_another_image_is_refused(self) -> None:
        code, _, errors = self.registry("mark", DIGEST, "taken")
        self.assertEqual(code, 1)
        self.assertIn("ImageTagAlreadyExists", errors)

    def test_wrong_arguments_print_the_usage(self) -> None:
        for arguments in ([], ["digest"], ["mark", DIGEST], ["delete", DIGEST]):
            self.assertEqual(self.registry(*arguments)[0], 64)
        self.assertEqual(
            self.run_script("registry", "digest", "main")[::2], (1, "registry: IMAGE_REPOSITORY is not set\n")
        )


@skipUnless(shutil.which("git"), "git is not installed")
class OvertakenTests(GitCase):
    scripts = ("registry", "overtaken")

    def setUp(self) -> None:
        super().setUp()
        self.stand_in("aws", ECR)
        self.old, self.new = self.commit("old"), self.commit("new")
        self.git("checkout", "--quiet", "-b", "side", self.old)
        self.side = self.commit("side")

    def overtaken(self, running: str, commit: str, image: str = f"{REPOSITORY}@{DIGEST}") -> tuple[int, str, str]:
        tags = f"{running} deployed-staging"
        return self.run_script("overtaken", image, commit, IMAGE_REPOSITORY=REPOSITORY, DIGEST=DIGEST, TAGS=tags)

    def test_an_older_commit_is_overtaken(self) -> None:
        self.assertEqual(self.overtaken(self.new, self.old), (0, "yes\n", ""))

    def test_a_newer_commit_the_same_commit_and_another_branch_are_not_overtaken(self) -> None:
        for running in (self.old, self.new, self.side, "0" * 40, "v0.2.0"):
            with self.subTest(running):
                self.assertEqual(self.overtaken(running, self.new), (0, "no\n", ""))

    def test_the_first_deployment_is_not_overtaken(self) -> None:
        self.assertEqual(self.overtaken(self.new, self.old, image=""), (0, "no\n", ""))

    def test_an_error_of_the_registry_is_a_failure(self) -> None:
        self.stand_in("aws", "echo AccessDeniedException >&2; exit 254")
        self.assertEqual(self.overtaken(self.new, self.old), (1, "", "AccessDeniedException\n"))
