"""What script/deploy does about the load balancer, CoreDNS, and the database's certificates."""

from project.tests.deployment import test_deploy


class DeployInfrastructureTests(test_deploy.DeployCase):
    def test_a_missing_load_balancer_is_explained(self) -> None:
        """Its readiness gate can also be why a rollout fails, so the same is said then."""
        code, _, output = self.deploy(answers=["*wait ingress/web*|1|timed out", "*describe ingress web*|0|no subnets"])
        self.assertEqual((code, "no subnets" in output), (1, True))
        self.assertIn("has no load balancer", output)

    def test_core_dns_is_replaced_once_for_the_settings_of_the_log_router(self) -> None:
        patches = set()
        for log_group in ("/townhall/sample/app", "/townhall/sample/app", "/another"):
            self.deploy(environment=test_deploy.sample() | {"LOG_GROUP": log_group})
            patches.add(self.calls[self.position("patch deployment coredns")])
        self.assertEqual(len(patches), 2)

    def test_certificates_that_cannot_be_fetched_are_needed_only_the_first_time(self) -> None:
        code, _, output = self.deploy(answers=["curl*|22|"])
        self.assertEqual((code, "keeping the certificates" in output), (0, True))
        code, _, output = self.deploy(environment=test_deploy.sample() | {"FETCHED": "<html>Sorry</html>"})
        self.assertEqual((code, "keeping the certificates" in output), (0, True))
        self.assertFalse(self.called("rds-ca.yaml"))
        code, _, output = self.deploy(answers=["curl*|22|", "*get configmap rds-ca|1|"])
        self.assertEqual((code, "cannot verify its database without it" in output), (1, True))
        self.assertFalse(self.called("component=web"))
