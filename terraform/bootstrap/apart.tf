# Both environments are in one account, and staging's deployments need no approval. So the deployments and roles of each
# environment are denied the resources of the other one: by the tags of the main stack, by the tags that AWS sets on resources of a
# cluster or a database, and by name. Resources without tags and names are not separated; docs/deployment.md lists them.
locals {
  others = { for environment in keys(var.environments) : environment => [
    for other in ["staging", "production"] : other if other != environment
  ] }

  # Tags of resources that Terraform does not create: load balancers, the cluster's security group, the database master's secret.
  foreign_tags = {
    "elbv2.k8s.aws/cluster"        = ["%s"]
    "aws:eks:cluster-name"         = ["%s"]
    "aws:rds:primaryDBInstanceArn" = ["arn:*:rds:*:db:%s", "arn:*:rds:*:db:%s-*"]
  }

  partition      = data.aws_partition.current.partition
  account_number = data.aws_caller_identity.current.account_id

  named = { for other in ["staging", "production"] : other => [
    for name in [
      "cloudwatch:*:${local.account_number}:alarm:${var.name}-${other}-*",
      "cloudwatch::${local.account_number}:dashboard/${var.name}-${other}",
      "eks:*:${local.account_number}:*/${var.name}-${other}",
      "eks:*:${local.account_number}:*/${var.name}-${other}/*",
      "kms:*:${local.account_number}:alias/${var.name}-${other}",
      "logs:*:${local.account_number}:log-group:/${var.name}/${other}/*",
      "logs:*:${local.account_number}:log-group:/aws/eks/${var.name}-${other}/*",
      "logs:*:${local.account_number}:log-group:/aws/rds/instance/${var.name}-${other}/*",
      "rds:*:${local.account_number}:*:${var.name}-${other}",
      "rds:*:${local.account_number}:*:${var.name}-${other}-*",
      "s3:::${var.name}-${other}-*",
      "secretsmanager:*:${local.account_number}:secret:${var.name}/${other}/*",
      "sns:*:${local.account_number}:${var.name}-${other}-*",
    ] : "arn:${local.partition}:${name}"
  ] }
}

data "aws_iam_policy_document" "apart" {
  for_each = local.others

  statement {
    sid       = "ByTag"
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Project"
      values   = [var.name]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Environment"
      values   = each.value
    }
  }

  dynamic "statement" {
    for_each = local.foreign_tags

    content {
      effect    = "Deny"
      actions   = ["*"]
      resources = ["*"]

      condition {
        test     = "StringLike"
        variable = "aws:ResourceTag/${statement.key}"
        values   = flatten([for other in each.value : [for value in statement.value : format(value, "${var.name}-${other}")]])
      }
    }
  }

  statement {
    sid       = "ByName"
    effect    = "Deny"
    actions   = ["*"]
    resources = flatten([for other in each.value : local.named[other]])
  }
}
