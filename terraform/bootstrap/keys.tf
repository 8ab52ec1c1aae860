# One key for all data of an environment. CloudTrail records its use, and a stolen snapshot cannot be read without it. It is here and
# not in the main stack because a destroy of production leaves a snapshot that only this key can decrypt, and logs and a secret for a
# while. The main stack finds it by its alias.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:in a key policy, * means only this key
  #checkov:skip=CKV_AWS_111:in a key policy, * means only this key
  #checkov:skip=CKV_AWS_356:in a key policy, * means only this key
  # IAM policies of this account decide who may use the key.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.account}:root"]
    }
  }

  # CloudWatch Logs uses the key itself, for log groups of this account.
  statement {
    sid       = "Logs"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${var.region}:${local.account_number}:log-group:*"]
    }
  }

  # Alarms, bounces and complaints go to an encrypted topic. The topic's own policy limits them to this account. A condition here that
  # a service does not fulfill would lose its mails without an error.
  statement {
    sid       = "Topic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "environment" {
  for_each = var.environments

  description             = "Data of ${var.name}-${each.key}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  # As if the environment's own stack had created it, so that apart.tf denies it to the other environment.
  tags = { Environment = each.key }
}

resource "aws_kms_alias" "environment" {
  for_each = var.environments

  name          = "alias/${var.name}-${each.key}"
  target_key_id = aws_kms_key.environment[each.key].key_id
}
