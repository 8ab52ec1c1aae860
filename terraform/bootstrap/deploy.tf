# Permissions of a deployment: everything with the services of the stack, and in IAM only the roles of its own environment, which
# must have the boundary. So a workflow cannot make itself an administrator. apart.tf denies it the other environment.
locals {
  account = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}"
}

data "aws_iam_policy_document" "deploy" {
  for_each = var.environments

  #checkov:skip=CKV_AWS_107:it can only read the secrets of its own environment
  #checkov:skip=CKV_AWS_108:the role creates the environment's resources, so it may read them
  #checkov:skip=CKV_AWS_109:IAM is limited by deploy_iam and by the boundary
  #checkov:skip=CKV_AWS_111:ids of networks, keys and clusters are unknown before they are created
  #checkov:skip=CKV_AWS_356:ids of networks, keys and clusters are unknown before they are created
  statement {
    sid = "Services"
    actions = [
      "acm:*", "cloudwatch:*", "ec2:*", "eks:*", "elasticloadbalancing:*", "logs:*", "rds:*", "ses:*", "sns:*",
      "route53:Get*", "route53:List*", "sts:GetCallerIdentity", "tag:GetResources",
    ]
    resources = ["*"]
  }

  # AWS uses the environment's key on behalf of the caller, or gets a grant. A deployment may not delete the key or change its policy.
  statement {
    sid = "Key"
    actions = [
      "kms:CreateGrant", "kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:Get*", "kms:List*",
      "kms:ReEncrypt*", "kms:RetireGrant", "kms:RevokeGrant",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Records"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = ["arn:${data.aws_partition.current.partition}:route53:::hostedzone/${var.zone_id}"]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
      values   = [each.value, "*.${each.value}"]
    }
  }

  statement {
    sid     = "Buckets"
    actions = ["s3:*"]
    resources = [
      "arn:${data.aws_partition.current.partition}:s3:::${var.name}-${each.key}-*",
      "arn:${data.aws_partition.current.partition}:s3:::${var.name}-${each.key}-*/*",
    ]
  }

  statement {
    sid       = "State"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${module.state_bucket.arn}/${each.key}/terraform.tfstate"]
  }

  statement {
    sid       = "StateLock"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${module.state_bucket.arn}/${each.key}/terraform.tfstate.tflock"]
  }

  # S3 uses the key on behalf of the caller. A deployment may not delete the key or give others access to it.
  statement {
    sid         = "StateKey"
    effect      = "Deny"
    not_actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources   = [aws_kms_key.state.arn]
  }

  statement {
    sid       = "StateList"
    actions   = ["s3:ListBucket"]
    resources = [module.state_bucket.arn]
  }

  # `rds!` is the prefix of the master's secret, which RDS creates on behalf of the caller.
  statement {
    sid     = "Secrets"
    actions = ["secretsmanager:*"]
    resources = [
      "arn:${data.aws_partition.current.partition}:secretsmanager:${var.region}:${data.aws_caller_identity.current.account_id}:secret:${var.name}/${each.key}/*",
      "arn:${data.aws_partition.current.partition}:secretsmanager:${var.region}:${data.aws_caller_identity.current.account_id}:secret:rds!*",
    ]
  }

  # A digest is read and tagged as deployed.
  statement {
    sid       = "Images"
    actions   = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:PutImage"]
    resources = [aws_ecr_repository.app.arn]
  }
}

data "aws_iam_policy_document" "deploy_iam" {
  for_each = var.environments

  #checkov:skip=CKV_AWS_107:it can only create access keys of the environment's own mail user
  #checkov:skip=CKV_AWS_109:limited to the environment's names and by the boundary
  #checkov:skip=CKV_AWS_110:PassRole and policies are limited to the environment's own roles, which all have the boundary
  #checkov:skip=CKV_AWS_356:reading is not limited to resources
  statement {
    sid       = "Read"
    actions   = ["iam:Get*", "iam:List*"]
    resources = ["*"]
  }

  # Permissions may only be given to roles and users that have the boundary.
  statement {
    sid = "Grant"
    actions = [
      "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateRole", "iam:CreateUser", "iam:DeleteRolePolicy",
      "iam:DeleteUserPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
      "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy",
    ]
    resources = ["${local.account}:role/${var.name}-${each.key}-*", "${local.account}:user/${var.name}-${each.key}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary[each.key].arn]
    }
  }

  statement {
    sid = "Manage"
    actions = [
      "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:DeleteLoginProfile", "iam:DeleteRole", "iam:DeleteUser", "iam:PassRole",
      "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "iam:UpdateAccessKey", "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole", "iam:UpdateRoleDescription",
    ]
    resources = ["${local.account}:role/${var.name}-${each.key}-*", "${local.account}:user/${var.name}-${each.key}-*"]
  }

  statement {
    sid = "ClusterProvider"
    actions = [
      "iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider",
      "iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider",
      "iam:UpdateOpenIDConnectProviderThumbprint",
    ]
    resources = ["${local.account}:oidc-provider/oidc.eks.${var.region}.*"]
  }

  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.account}:role/aws-service-role/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["eks.amazonaws.com", "eks-fargate.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "deploy" {
  for_each = var.environments

  name        = "${var.name}-deploy-${each.key}-services"
  description = "The services that ${var.name} ${each.key} is made of"
  policy      = data.aws_iam_policy_document.deploy[each.key].json
}

resource "aws_iam_policy" "deploy_iam" {
  for_each = var.environments

  name        = "${var.name}-deploy-${each.key}-iam"
  description = "Roles of ${var.name} ${each.key}, under the boundary"
  policy      = data.aws_iam_policy_document.deploy_iam[each.key].json
}

resource "aws_iam_policy" "apart" {
  for_each = var.environments

  name        = "${var.name}-deploy-${each.key}-apart"
  description = "What of ${var.name} is not ${each.key}'s"
  policy      = data.aws_iam_policy_document.apart[each.key].json
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = var.environments

  role       = aws_iam_role.github["deploy-${each.key}"].name
  policy_arn = aws_iam_policy.deploy[each.key].arn
}

resource "aws_iam_role_policy_attachment" "deploy_iam" {
  for_each = var.environments

  role       = aws_iam_role.github["deploy-${each.key}"].name
  policy_arn = aws_iam_policy.deploy_iam[each.key].arn
}

resource "aws_iam_role_policy_attachment" "apart" {
  for_each = var.environments

  role       = aws_iam_role.github["deploy-${each.key}"].name
  policy_arn = aws_iam_policy.apart[each.key].arn
}
