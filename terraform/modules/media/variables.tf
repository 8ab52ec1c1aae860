variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}

variable "disposable" {
  type        = bool
  description = "Destroy the bucket with what is in it (staging)."
  nullable    = false
}
