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

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets of the control plane's interfaces and of pods."
  nullable    = false
}

variable "endpoint_cidrs" {
  type        = list(string)
  description = "Addresses that can reach the API server from the internet. An empty list closes the public endpoint."
  nullable    = false
}

variable "administrator_arns" {
  type        = set(string)
  description = "IAM roles that administer the cluster: those of the deployment and of people."
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

variable "key_arn" {
  type        = string
  description = "KMS key of Kubernetes secrets and of the control plane's logs."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of the roles."
  nullable    = false
}
