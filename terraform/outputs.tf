output "site_url" {
  description = "Address of the site."
  value       = "https://${var.domain}"
}

output "image" {
  description = "The image that was last deployed successfully: the digest to go back to."
  value       = one(module.deployment[*].image)
}

output "deployment_environment" {
  description = "The variables of script/deploy for a shell: eval \"$(terraform output -raw deployment_environment)\". IMAGE is not included."
  value       = join("\n", [for name, value in local.deployment_environment : "export ${name}='${value}'" if value != null])
}

output "cluster_name" {
  description = "The EKS cluster."
  value       = module.cluster.name
}

output "kubeconfig_command" {
  description = "Command that connects kubectl to the cluster."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${module.cluster.name}"
}

output "database_identifier" {
  description = "The RDS instance, for snapshots and restores."
  value       = module.database.identifier
}

output "database_host" {
  description = "Host name of the database, inside the network."
  value       = module.database.host
}

output "app_secret" {
  description = "Name of the app's secret."
  value       = module.secrets.name
}

output "master_secret" {
  description = "ARN of the database master's secret, which RDS manages."
  value       = module.database.master_secret_arn
}

output "rotate_command" {
  description = "Command that changes a value of the app's secret: add --rotate database_password (or another name), or --set OIDC_CLIENT_SECRET, then deploy again."
  value       = module.secrets.rotate
}

output "media_bucket" {
  description = "Bucket of uploads."
  value       = module.media.name
}

output "log_group" {
  description = "Logs of the app."
  value       = module.logs.group_name
}

output "dashboard_url" {
  description = "The dashboard."
  value       = module.observability.dashboard_url
}

output "nat_addresses" {
  description = "Addresses from which the pods reach the internet, for allow lists of others."
  value       = module.network.nat_addresses
}
