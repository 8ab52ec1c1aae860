# The app uses SMTP, and SES's SMTP accepts only the key of a user, not a role. modules/secrets creates the key and stores it directly
# in the app's secret, because a resource would store it in the state.
resource "aws_iam_user" "smtp" {
  #checkov:skip=CKV_AWS_273:SES's SMTP accepts only IAM users
  name                 = "${var.prefix}-smtp"
  permissions_boundary = var.boundary_arn
  force_destroy        = true # Terraform does not manage its keys
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
  #checkov:skip=CKV_AWS_40:SES's SMTP accepts only IAM users, and a group of one user has no use
  name   = "send"
  user   = aws_iam_user.smtp.name
  policy = data.aws_iam_policy_document.smtp.json
}
