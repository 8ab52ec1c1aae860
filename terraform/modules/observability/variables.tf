variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "alarm_email" {
  type        = string
  description = "Recipient of alarms and of undeliverable mail, who must confirm once with a link."
  nullable    = false
}

variable "deployed" {
  type        = bool
  description = "Whether the app is deployed. Without it there is no load balancer to watch."
  nullable    = false
}

variable "load_balancer" {
  type        = string
  description = "CloudWatch's name of the load balancer; null while the app is not deployed."
}

variable "database" {
  type        = string
  description = "The database instance."
  nullable    = false
}

variable "database_storage_gib" {
  type        = number
  description = "Initial storage of the database in GiB."
  nullable    = false
}

variable "log_group" {
  type        = string
  description = "Log group of the app."
  nullable    = false
}

variable "ranking_metric" {
  type        = string
  description = "Metric that counts runs of the daily ranking."
  nullable    = false
}

variable "verify_metric" {
  type        = string
  description = "Metric that counts checks in which every promise about the data held."
  nullable    = false
}

variable "mail_identity" {
  type        = string
  description = "The identity of SES that sends the site's mail."
  nullable    = false
}

variable "metric_namespace" {
  type        = string
  description = "Namespace of these metrics."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}
