data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Created before the cluster, because the cluster would create it without retention and key.
resource "aws_cloudwatch_log_group" "control_plane" {
  #checkov:skip=CKV_AWS_338:these logs show who did what in the cluster in the last days, and cost by the gigabyte
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = 14
  kms_key_id        = var.key_arn
}

resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_38:endpoint_cidrs decides; every call is signed by IAM and needs an access entry, see the variable
  #checkov:skip=CKV_AWS_37:the other three logs are for people who develop Kubernetes
  #checkov:skip=CKV_AWS_39:endpoint_cidrs decides; every call is signed by IAM and needs an access entry, see the variable
  name                      = var.name
  version                   = var.kubernetes_version
  role_arn                  = aws_iam_role.cluster.arn
  enabled_cluster_log_types = ["audit", "authenticator"]

  # Otherwise EKS would install its own add-ons, of which ours would be a copy or which need nodes.
  bootstrap_self_managed_addons = false

  # Only access entries: no ConfigMap, and the creator of the cluster is not an administrator automatically.
  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false
  }

  # Extended support costs six times as much. Without it, EKS upgrades a version when its standard support ends.
  upgrade_policy {
    support_type = "STANDARD"
  }

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.endpoint_cidrs) > 0
    public_access_cidrs     = length(var.endpoint_cidrs) > 0 ? var.endpoint_cidrs : null
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.key_arn
    }
  }

  depends_on = [aws_cloudwatch_log_group.control_plane, aws_iam_role_policy_attachment.cluster]
}

# Service accounts assume IAM roles through this provider (IRSA). EKS Pod Identity needs an agent on nodes, which Fargate lacks.
resource "aws_iam_openid_connect_provider" "this" {
  url            = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "cluster_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name                 = "${var.name}-cluster"
  description          = "EKS control plane"
  assume_role_policy   = data.aws_iam_policy_document.cluster_trust.json
  permissions_boundary = var.boundary_arn
}

# The second policy allows security groups for pods.
resource "aws_iam_role_policy_attachment" "cluster" {
  for_each = toset(["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"])

  role       = aws_iam_role.cluster.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}
