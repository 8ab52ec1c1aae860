variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}

variable "log_prefix" {
  type        = string
  description = "What names of log groups begin with."
  nullable    = false
}

variable "cidr" {
  type        = string
  description = "Addresses of the network; a /16."
  nullable    = false
}

variable "nat_per_zone" {
  type        = bool
  description = "A NAT gateway in each zone, so that one zone's loss leaves the others their way out; else one for all."
  nullable    = false
}

variable "excluded_zone_ids" {
  type        = list(string)
  description = "Zones that the cluster's control plane or Fargate cannot use."
  nullable    = false
}

variable "cluster_name" {
  type        = string
  description = "The cluster that finds its subnets by tag."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days for which flow logs are kept."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "KMS key of the flow logs."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of roles."
  nullable    = false
}
