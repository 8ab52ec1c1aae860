# The namespaces that run on Fargate, each pod on its own machine. Namespaces without pods (aws-observability) need no profile.
locals {
  profiles = {
    app         = var.app_namespace
    kube-system = "kube-system"
    addons      = "external-secrets"
  }
}

resource "aws_eks_fargate_profile" "this" {
  for_each = local.profiles

  cluster_name           = aws_eks_cluster.this.name
  fargate_profile_name   = each.key
  pod_execution_role_arn = aws_iam_role.pod_execution.arn
  subnet_ids             = var.subnet_ids

  selector {
    namespace = each.value
  }

  depends_on = [aws_iam_role_policy_attachment.pod_execution]
}

# Pulls images and writes logs for a pod. The pod itself cannot use this role.
data "aws_iam_policy_document" "pod_execution_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks-fargate-pods.amazonaws.com"]
    }

    # Only for profiles of this cluster. Otherwise a cluster of another account could use the role.
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:eks:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:fargateprofile/${var.name}/*"]
    }
  }
}

resource "aws_iam_role" "pod_execution" {
  name                 = "${var.name}-pod-execution"
  description          = "Fargate: images and logs of pods"
  assume_role_policy   = data.aws_iam_policy_document.pod_execution_trust.json
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy_attachment" "pod_execution" {
  role       = aws_iam_role.pod_execution.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"
}

data "aws_iam_policy_document" "pod_logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${var.app_log_group_arn}:*"]
  }

  # The log router checks that the group exists before it writes.
  statement {
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "pod_logs" {
  name   = "logs"
  role   = aws_iam_role.pod_execution.name
  policy = data.aws_iam_policy_document.pod_logs.json
}
