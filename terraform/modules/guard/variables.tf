variable "command" {
  type        = string
  description = "Command that refuses, relative to the repository's root."
  nullable    = false
}

variable "repository" {
  type        = string
  description = "The repository's root."
  nullable    = false
}

variable "database" {
  type        = string
  description = "The database instance."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Its region."
  nullable    = false
}
