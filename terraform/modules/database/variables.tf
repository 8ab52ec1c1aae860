variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}

variable "subnet_ids" {
  type        = list(string)
  description = "Isolated subnets, one a zone."
  nullable    = false
}

variable "security_group_id" {
  type        = string
  description = "Security group of the database."
  nullable    = false
}

variable "engine_version" {
  type        = string
  description = "PostgreSQL's major version; minor ones come in the maintenance window."
  nullable    = false
}

variable "instance_class" {
  type        = string
  description = "Size of the instance."
  nullable    = false
}

variable "storage_gib" {
  type        = number
  description = "Storage at the start, GiB."
  nullable    = false
}

variable "max_storage_gib" {
  type        = number
  description = "Up to where storage grows by itself, GiB."
  nullable    = false
}

variable "backup_days" {
  type        = number
  description = "Days to any second of which the database can be restored."
  nullable    = false
}

variable "protected" {
  type        = bool
  description = "Production: a standby in another zone, no deletion, a last snapshot, metrics of the operating system."
  nullable    = false
}

variable "log_retention_days" {
  type        = number
  description = "Days for which logs are kept."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of roles."
  nullable    = false
}
