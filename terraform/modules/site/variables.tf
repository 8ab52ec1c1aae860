variable "cluster_name" {
  type        = string
  description = "The cluster whose controller made the load balancer."
  nullable    = false
}

variable "ingress" {
  type        = string
  description = "The Ingress that it was made for, as namespace/name."
  nullable    = false
}

variable "domain" {
  type        = string
  description = "The site's host."
  nullable    = false
}

variable "zone_id" {
  type        = string
  description = "Hosted zone of the domain."
  nullable    = false
}
