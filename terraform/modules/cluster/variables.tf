variable "name" {
  type        = string
  description = "The cluster's name."
  nullable    = false
}

variable "kubernetes_version" {
  type        = string
  description = "Kubernetes version, as major.minor."
  nullable    = false
}

variable "addon_versions" {
  type        = map(string)
  description = "Versions of EKS add-ons that are pinned; the others take EKS's default for the Kubernetes version when they are made."
  nullable    = false
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets of the control plane's interfaces and of pods."
  nullable    = false
}

variable "endpoint_cidrs" {
  type        = list(string)
  description = "Addresses that reach the API server from the internet; none closes the public endpoint."
  nullable    = false
}

variable "administrator_arns" {
  type        = set(string)
  description = "IAM roles that administer the cluster: the deployment's, and people's."
  nullable    = false
}

variable "app_namespace" {
  type        = string
  description = "Namespace of the app."
  nullable    = false
}

variable "app_log_group_arn" {
  type        = string
  description = "Log group that Fargate's log router writes to."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days for which the control plane's logs are kept."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "KMS key of Kubernetes secrets and of the control plane's logs."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of roles."
  nullable    = false
}
