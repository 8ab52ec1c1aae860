# Available only when the secret has values, so that what depends on the name waits for the values.
output "name" {
  description = "The secret's name."
  value       = aws_secretsmanager_secret.app.name
  depends_on  = [terraform_data.values]
}

output "arn" {
  description = "The secret's ARN."
  value       = aws_secretsmanager_secret.app.arn
}

output "rotate" {
  description = "Command that changes one of its values: add --rotate NAME or --set NAME."
  value       = join(" ", local.fill)
}
