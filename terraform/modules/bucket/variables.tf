variable "name" {
  type        = string
  description = "The bucket's name."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The KMS key that encrypts the objects."
  nullable    = false
}

variable "disposable" {
  type        = bool
  description = "Whether a destroy also deletes the objects in the bucket."
  default     = false
  nullable    = false
}

variable "old_versions_days" {
  type        = number
  description = "Days for which deleted and replaced objects can be restored."
  nullable    = false
}

variable "old_versions_kept" {
  type        = number
  description = "How many old versions of each object are kept for longer than that."
  default     = null
}
