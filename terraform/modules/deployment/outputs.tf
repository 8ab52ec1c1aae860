output "id" {
  description = "An id that changes with each deployment."
  value       = terraform_data.deployment.id
}

output "image" {
  description = "The image of the last deployment that succeeded."
  value       = terraform_data.deployed.output
}
