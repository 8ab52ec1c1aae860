variable "image" {
  type        = string
  description = "Image to deploy, by digest."
  nullable    = false
}

variable "environment" {
  type        = map(string)
  description = "Variables of script/deploy. They contain no secrets, because the state stores them."
  nullable    = false
}

variable "manifests" {
  type        = map(string)
  description = "Hash of each file of a deployment."
  nullable    = false
}

variable "command" {
  type        = string
  description = "Command that deploys, relative to the repository's root."
  nullable    = false
}

variable "repository" {
  type        = string
  description = "The repository's root."
  nullable    = false
}
