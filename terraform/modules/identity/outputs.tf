output "app_role_arn" {
  description = "Role of the app."
  value       = aws_iam_role.this["app"].arn
}

output "load_balancer_role_arn" {
  description = "Role of the load balancer controller."
  value       = aws_iam_role.this["load-balancer"].arn
}

output "external_secrets_role_arn" {
  description = "Role of External Secrets."
  value       = aws_iam_role.this["external-secrets"].arn
}
