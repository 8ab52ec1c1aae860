variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}

variable "domain" {
  type        = string
  description = "The site's host, from whose addresses mails come."
  nullable    = false
}

variable "zone_id" {
  type        = string
  description = "Hosted zone of the domain."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of roles."
  nullable    = false
}
