variable "name" {
  type        = string
  description = "Log group of the app."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "Namespace of the metrics that are made from logs."
  nullable    = false
}

variable "retention_days" {
  type        = number
  description = "Number of days that logs are kept."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}
