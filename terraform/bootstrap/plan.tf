# Plans for pull requests. The code of a pull request runs with this role, so it may read settings but no data: no secret, no object
# except the state, and no log line. The state contains no secret (see modules/secrets).
data "aws_iam_policy_document" "plan" {
  #checkov:skip=CKV_AWS_356:most of these services cannot limit reading settings to resources
  #checkov:skip=CKV_AWS_108:data is denied below
  statement {
    sid = "ReadSettings"
    actions = [
      "acm:DescribeCertificate", "acm:List*",
      "cloudwatch:Describe*", "cloudwatch:GetDashboard", "cloudwatch:List*",
      "ec2:Describe*", "ec2:GetManagedPrefixListEntries",
      "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:List*",
      "eks:Describe*", "eks:List*",
      "elasticloadbalancing:Describe*",
      "iam:Get*", "iam:List*",
      "kms:Describe*", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:List*",
      "logs:Describe*", "logs:List*",
      "rds:Describe*", "rds:List*",
      "route53:Get*", "route53:List*",
      "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration", "s3:ListBucket",
      "secretsmanager:Describe*", "secretsmanager:GetResourcePolicy", "secretsmanager:List*",
      "ses:Get*", "ses:List*",
      "sns:Get*", "sns:List*",
      "sts:GetCallerIdentity",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = [for environment in keys(var.environments) : "${module.state_bucket.arn}/${environment}/terraform.tfstate"]
  }

  statement {
    sid       = "DecryptState"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.state.arn]
  }

  statement {
    sid    = "NoData"
    effect = "Deny"
    actions = [
      "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery",
      "rds:DownloadDBLogFilePortion",
      "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue",
    ]
    resources = ["*"]
  }

  statement {
    sid           = "NoObjectButState"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = ["${module.state_bucket.arn}/*"]
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "read-settings"
  role   = aws_iam_role.github["plan"].name
  policy = data.aws_iam_policy_document.plan.json
}
