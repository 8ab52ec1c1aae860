output "state_bucket" {
  description = "Bucket of the state: `-backend-config=bucket=...`, and GitHub's variable STATE_BUCKET."
  value       = module.state_bucket.name
}

output "region" {
  description = "GitHub's variable AWS_REGION."
  value       = var.region
}

output "image_repository" {
  description = "Repository of the images: `-var image=<this>@sha256:...`, and GitHub's variable IMAGE_REPOSITORY."
  value       = aws_ecr_repository.app.repository_url
}

output "plan_role_arn" {
  description = "Role of pull requests: GitHub's variable PLAN_ROLE."
  value       = aws_iam_role.github["plan"].arn
}

output "build_role_arn" {
  description = "Role that pushes images: GitHub's variable BUILD_ROLE."
  value       = aws_iam_role.github["build"].arn
}

output "deploy_role_arns" {
  description = "Role of each environment: the variable DEPLOY_ROLE of the environment with that name on GitHub."
  value       = { for environment in keys(var.environments) : environment => aws_iam_role.github["deploy-${environment}"].arn }
}
