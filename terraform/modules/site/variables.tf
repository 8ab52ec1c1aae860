variable "cluster_name" {
  type        = string
  description = "The cluster whose controller created the load balancer."
  nullable    = false
}

variable "ingress" {
  type        = string
  description = "The Ingress of the load balancer, as namespace/name."
  nullable    = false
}

variable "domain" {
  type        = string
  description = "Host name of the site."
  nullable    = false
}

variable "zone_id" {
  type        = string
  description = "Hosted zone of the domain."
  nullable    = false
}
