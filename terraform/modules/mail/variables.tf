variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "domain" {
  type        = string
  description = "Host name of the site, which is the domain of the sender."
  nullable    = false
}

variable "zone_id" {
  type        = string
  description = "Hosted zone of the domain."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of the roles."
  nullable    = false
}
