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
