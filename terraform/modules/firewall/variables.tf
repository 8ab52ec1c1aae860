variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "vpc_id" {
  type        = string
  description = "The network."
  nullable    = false
}

variable "cluster_security_group_id" {
  type        = string
  description = "The cluster's own security group."
  nullable    = false
}

variable "visitor_cidrs" {
  type        = list(string)
  description = "Addresses that can reach the load balancer."
  nullable    = false
}
