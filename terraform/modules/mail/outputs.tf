output "identity" {
  description = "The identity of SES that sends."
  value       = aws_ses_domain_identity.this.domain
}

output "smtp_user" {
  description = "IAM user whose key is the SMTP login."
  value       = aws_iam_user.smtp.name
}

output "smtp_host" {
  description = "SES's SMTP server."
  value       = "email-smtp.${data.aws_region.current.name}.amazonaws.com"
}

output "sender" {
  description = "Value of DEFAULT_FROM_EMAIL."
  value       = "Town hall <townhall@${var.domain}>"
}
