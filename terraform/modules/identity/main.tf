# Roles of service accounts (IRSA). Each role trusts one service account of one cluster.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  service_accounts = {
    app              = var.app_service_account
    load-balancer    = "kube-system:aws-load-balancer-controller"
    external-secrets = "external-secrets:external-secrets"
  }

  policies = {
    app              = data.aws_iam_policy_document.app.json
    load-balancer    = data.aws_iam_policy_document.load_balancer.json
    external-secrets = data.aws_iam_policy_document.external_secrets.json
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.service_accounts

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:sub"
      values   = ["system:serviceaccount:${each.value}"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.service_accounts

  name                 = "${var.prefix}-${each.key}"
  description          = "Service account ${each.value}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy" "this" {
  for_each = local.service_accounts

  name   = each.key
  role   = aws_iam_role.this[each.key].name
  policy = local.policies[each.key]
}
