variable "load_balancer_name" {
  type        = string
  description = "Name that the Ingress gives to its load balancer."
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
