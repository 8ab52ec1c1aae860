# Only uploads. Mail uses SMTP with its own login, and secrets come from External Secrets.
data "aws_iam_policy_document" "app" {
  statement {
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${var.media_bucket_arn}/*"]
  }

  # Without it the answer for a missing object is 403 instead of 404.
  statement {
    actions   = ["s3:ListBucket"]
    resources = [var.media_bucket_arn]
  }

  # The key may only be used through S3, so it decrypts no secret and no log.
  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "external_secrets" {
  statement {
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = compact([var.app_secret_arn, var.master_secret_arn])
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

# What the controller needs, without the features that are turned off here: security groups (which Terraform manages), WAF, Shield
# and Cognito. It may only change resources with the tag of this cluster.
data "aws_iam_policy_document" "load_balancer" {
  #checkov:skip=CKV_AWS_111:these resources have no tag yet when they are created
  #checkov:skip=CKV_AWS_356:Describe calls cannot be limited to resources
  statement {
    sid = "Look"
    actions = [
      "acm:DescribeCertificate", "acm:ListCertificates",
      "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeCoipPools",
      "ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeIpamPools", "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
      "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs", "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc",
      "elasticloadbalancing:Describe*",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "FirstLoadBalancer"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["elasticloadbalancing.amazonaws.com"]
    }
  }

  statement {
    sid       = "Make"
    actions   = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/elbv2.k8s.aws/cluster"
      values   = [var.cluster_name]
    }
  }

  # Tags may be set when a resource is created, and on resources that have the cluster's tag.
  statement {
    sid       = "TagNew"
    actions   = ["elasticloadbalancing:AddTags"]
    resources = local.load_balancer_parts

    condition {
      test     = "StringEquals"
      variable = "elasticloadbalancing:CreateAction"
      values   = ["CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"]
    }
  }

  # Listeners and rules are created on existing resources, before they have their own tags.
  statement {
    sid       = "Listeners"
    actions   = local.listener_changes
    resources = local.load_balancer_parts
  }

  statement {
    sid       = "Change"
    actions   = local.load_balancer_changes
    resources = local.load_balancer_parts

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/elbv2.k8s.aws/cluster"
      values   = [var.cluster_name]
    }
  }
}

locals {
  load_balancer_parts = [
    for part in ["listener", "listener-rule", "loadbalancer", "targetgroup"] :
    "arn:${data.aws_partition.current.partition}:elasticloadbalancing:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:${part}/*"
  ]

  listener_changes = [
    for action in [
      "AddListenerCertificates", "CreateListener", "CreateRule", "DeleteListener", "DeleteRule", "ModifyListener",
      "ModifyListenerAttributes", "ModifyRule", "RemoveListenerCertificates", "SetRulePriorities",
    ] : "elasticloadbalancing:${action}"
  ]

  load_balancer_changes = [
    for action in [
      "AddTags", "DeleteLoadBalancer", "DeleteTargetGroup", "DeregisterTargets", "ModifyCapacityReservation", "ModifyIpPools",
      "ModifyLoadBalancerAttributes", "ModifyTargetGroup", "ModifyTargetGroupAttributes", "RegisterTargets", "RemoveTags",
      "SetIpAddressType", "SetSecurityGroups", "SetSubnets",
    ] : "elasticloadbalancing:${action}"
  ]
}
