# The app speaks SMTP, and SES's SMTP takes no role: it wants a user with a key. The key is made by modules/secrets and goes
# straight into the app's secret; as a resource it would stand in the state.
resource "aws_iam_user" "smtp" {
  #checkov:skip=CKV_AWS_273:SES by SMTP knows IAM users alone
  name                 = "${var.prefix}-smtp"
  permissions_boundary = var.boundary_arn
  force_destroy        = true # its keys are not Terraform's
}

data "aws_iam_policy_document" "smtp" {
  statement {
    actions   = ["ses:SendRawEmail"]
    resources = [aws_ses_domain_identity.this.arn]

    condition {
      test     = "StringLike"
      variable = "ses:FromAddress"
      values   = ["*@${var.domain}"]
    }
  }
}

resource "aws_iam_user_policy" "smtp" {
  #checkov:skip=CKV_AWS_40:SES by SMTP knows IAM users alone, and a group of one is none
  name   = "send"
  user   = aws_iam_user.smtp.name
  policy = data.aws_iam_policy_document.smtp.json
}
