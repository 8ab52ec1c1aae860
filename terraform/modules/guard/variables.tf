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

variable "snapshot" {
  type        = string
  description = "Name that the last snapshot of the database needs; empty if a destroy leaves none."
  nullable    = false
}

variable "bucket" {
  type        = string
  description = "Bucket that must be empty; empty if a destroy may delete its objects."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Their region."
  nullable    = false
}
