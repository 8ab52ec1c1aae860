variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "log_prefix" {
  type        = string
  description = "Prefix of the names of log groups."
  nullable    = false
}

variable "cidr" {
  type        = string
  description = "Addresses of the network: a /16."
  nullable    = false
}

variable "nat_per_zone" {
  type        = bool
  description = "Whether each zone has its own NAT gateway, so that the loss of a zone does not cut off the others. Otherwise there is one for all."
  nullable    = false
}

variable "excluded_zone_ids" {
  type        = list(string)
  description = "Zones that the cluster's control plane or Fargate cannot use."
  nullable    = false
}

variable "cluster_name" {
  type        = string
  description = "The cluster, which finds its subnets by tag."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "KMS key of the flow logs."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of the roles."
  nullable    = false
}
