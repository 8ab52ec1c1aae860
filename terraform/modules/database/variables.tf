variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "subnet_ids" {
  type        = list(string)
  description = "Isolated subnets, one in each zone."
  nullable    = false
}

variable "security_group_id" {
  type        = string
  description = "Security group of the database."
  nullable    = false
}

variable "engine_version" {
  type        = string
  description = "PostgreSQL's major version. Minor versions are installed in the maintenance window."
  nullable    = false
}

variable "instance_class" {
  type        = string
  description = "Instance class."
  nullable    = false
}

variable "storage_gib" {
  type        = number
  description = "Initial storage in GiB."
  nullable    = false
}

variable "max_storage_gib" {
  type        = number
  description = "Maximum to which storage grows automatically, in GiB."
  nullable    = false
}

variable "backup_days" {
  type        = number
  description = "Number of days for which the database can be restored to any second."
  nullable    = false
}

variable "protected" {
  type        = bool
  description = "Production: a standby in another zone, deletion protection, and a last snapshot."
  nullable    = false
}

variable "apply_immediately" {
  type        = bool
  description = "Whether a change that stops the database happens with the apply, and not in the maintenance window."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Number of days that logs are kept."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}
