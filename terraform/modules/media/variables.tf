variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}

variable "disposable" {
  type        = bool
  description = "Whether a destroy also deletes the objects in the bucket (staging)."
  nullable    = false
}
