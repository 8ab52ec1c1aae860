variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}

variable "alarm_email" {
  type        = string
  description = "Who hears of alarms; confirms once by a link."
  nullable    = false
}

variable "deployed" {
  type        = bool
  description = "Whether the app runs; without it there is no load balancer to watch."
  nullable    = false
}

variable "load_balancer" {
  type        = string
  description = "The load balancer as CloudWatch names it; null while the app does not run."
}

variable "database" {
  type        = string
  description = "The database instance."
  nullable    = false
}

variable "database_storage_gib" {
  type        = number
  description = "Its storage at the start, GiB."
  nullable    = false
}

variable "log_group" {
  type        = string
  description = "Log group of the app."
  nullable    = false
}

variable "ranking_metric" {
  type        = string
  description = "Counts runs of the daily ranking."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "Namespace of that metric."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}
