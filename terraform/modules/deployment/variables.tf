variable "image" {
  type        = string
  description = "Image to run, by digest."
  nullable    = false
}

variable "environment" {
  type        = map(string)
  description = "What script/deploy reads; no secrets, for it stands in the state."
  nullable    = false
}

variable "manifests" {
  type        = map(string)
  description = "Hash of each file that a deployment is made of."
  nullable    = false
}

variable "command" {
  type        = string
  description = "What deploys, seen from the repository's root."
  nullable    = false
}

variable "repository" {
  type        = string
  description = "The repository's root."
  nullable    = false
}
