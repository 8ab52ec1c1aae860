variable "command" {
  type        = string
  description = "What takes the load balancer away before the cluster goes, seen from the repository's root."
  nullable    = false
}

variable "repository" {
  type        = string
  description = "The repository's root."
  nullable    = false
}

variable "cluster_name" {
  type        = string
  description = "The cluster."
  nullable    = false
}

variable "region" {
  type        = string
  description = "Its region."
  nullable    = false
}

variable "namespace" {
  type        = string
  description = "Where the Ingress is."
  nullable    = false
}
