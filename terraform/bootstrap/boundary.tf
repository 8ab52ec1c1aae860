# The maximum permissions of a role of the main stack, even if its policies allow more: what those roles use today, no other IAM, no
# state, and no resource of the other environment.
data "aws_iam_policy_document" "boundary" {
  for_each = var.environments

  #checkov:skip=CKV_AWS_107:a boundary grants nothing; it limits what policies grant
  #checkov:skip=CKV_AWS_108:a boundary grants nothing; it limits what policies grant
  #checkov:skip=CKV_AWS_109:a boundary grants nothing; it limits what policies grant
  #checkov:skip=CKV_AWS_111:a boundary grants nothing; it limits what policies grant
  #checkov:skip=CKV_AWS_356:a boundary grants nothing; it limits what policies grant
  source_policy_documents = [data.aws_iam_policy_document.apart[each.key].json]

  statement {
    sid = "Services"
    actions = [
      "acm:DescribeCertificate", "acm:ListCertificates",
      "ec2:*",
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
      "elasticloadbalancing:*",
      "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey",
      "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents",
      "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
      "ses:SendRawEmail",
    ]
    resources = ["*"]
  }

  # The first load balancer of an account creates the role of the service.
  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.account}:role/aws-service-role/*"]
  }

  statement {
    sid       = "NoState"
    effect    = "Deny"
    actions   = ["kms:*", "s3:*"]
    resources = [module.state_bucket.arn, "${module.state_bucket.arn}/*", aws_kms_key.state.arn]
  }
}

resource "aws_iam_policy" "boundary" {
  for_each = var.environments

  name        = "${var.name}-boundary-${each.key}"
  description = "The most that a role of ${var.name} ${each.key} can do"
  policy      = data.aws_iam_policy_document.boundary[each.key].json
}
