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
