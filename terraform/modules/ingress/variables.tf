variable "command" {
  type        = string
  description = "Command that deletes the load balancer before the cluster, relative to the repository's root."
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
  description = "Namespace of the Ingress."
  nullable    = false
}
