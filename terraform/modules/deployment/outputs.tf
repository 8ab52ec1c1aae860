output "id" {
  description = "Another one with each deployment."
  value       = terraform_data.deployment.id
}
