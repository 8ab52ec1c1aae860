data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_sns_topic" "alarms" {
  name              = "${var.prefix}-alarms"
  kms_master_key_id = var.key_arn
}

# CloudWatch sends alarms, and SES what could not be delivered or was reported as unwanted. Of this account only: the key's policy
# (bootstrap/keys.tf) leaves that to this one.
data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# SES stops sending for accounts with many bounces or complaints, so somebody has to see them.
resource "aws_ses_identity_notification_topic" "this" {
  for_each = toset(["Bounce", "Complaint"])

  identity          = var.mail_identity
  notification_type = each.key
  topic_arn         = aws_sns_topic.alarms.arn

  depends_on = [aws_sns_topic_policy.alarms]
}
