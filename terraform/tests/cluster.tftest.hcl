mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "townhall-staging"
  kubernetes_version = "1.36"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  endpoint_cidrs     = []
  administrator_arns = ["arn:aws:iam::123456789012:role/townhall-deploy-staging"]
  app_namespace      = "townhall"
  app_log_group_arn  = "arn:aws:logs:xx-test-1:123456789012:log-group:mock"
  key_arn            = "arn:aws:kms:xx-test-1:123456789012:key/0123"
  boundary_arn       = "arn:aws:iam::123456789012:policy/townhall-boundary"
}

run "cluster" {
  module {
    source = "./modules/cluster"
  }

  override_data {
    target = data.aws_eks_addon_version.coredns
    values = { version = "v1.14.0-eksbuild.1" }
  }

  assert {
    condition     = data.aws_eks_addon_version.coredns.kubernetes_version == "1.36" && aws_eks_addon.coredns.addon_version == "v1.14.0-eksbuild.1"
    error_message = "The add-on must get the version that belongs to the cluster's."
  }

  assert {
    condition     = join(" ", sort(aws_eks_cluster.this.enabled_cluster_log_types)) == "audit authenticator" && aws_cloudwatch_log_group.control_plane.retention_in_days == 14
    error_message = "Only the logs of who did what must be kept, for two weeks, because they cost by the gigabyte."
  }
}
