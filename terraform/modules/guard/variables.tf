variable "command" {
  type        = string
  description = "What refuses, seen from the repository's root."
  nullable    = false
}

variable "repository" {
  type        = string
  description = "The repository's root."
  nullable    = false
}

variable "database" {
  type        = string
  description = "The instance that may be protected."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Its region."
  nullable    = false
}
