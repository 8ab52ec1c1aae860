# Sizes and versions that differ between staging and production, or that grow.
variable "network_cidr" {
  type        = string
  description = "Addresses of the network: a private /16."
  nullable    = false

  validation {
    condition     = can(cidrhost(var.network_cidr, 0)) && can(regex("^(10\\.[0-9]+|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.0\\.0/16$", var.network_cidr))
    error_message = "network_cidr must be a private /16, such as 10.20.0.0/16."
  }
}

variable "excluded_zone_ids" {
  type        = list(string)
  default     = ["use1-az3", "usw1-az2", "cac1-az3"]
  description = "Ids of zones that EKS cannot use."
  nullable    = false

  validation {
    condition     = alltrue([for id in var.excluded_zone_ids : can(regex("^[a-z0-9]+-az[0-9]$", id))])
    error_message = "excluded_zone_ids must contain ids of zones, such as use1-az3."
  }
}

variable "kubernetes_version" {
  type        = string
  default     = "1.35" # standard support ends on 27 March 2027
  description = "Kubernetes version. Raise it by one minor version at a time, staging first. EKS supports each version for 14 months."
  nullable    = false

  # Standard support of 1.34 ends in December 2026. EKS then upgrades by itself, and an apply cannot go back.
  validation {
    condition     = can(regex("^1\\.(3[5-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version must be 1.35 or later, as major.minor. EKS does not support older versions."
  }
}

variable "postgres_version" {
  type        = string
  default     = "18"
  description = "PostgreSQL's major version."
  nullable    = false

  validation {
    condition     = can(regex("^(1[89]|[2-9][0-9])$", var.postgres_version))
    error_message = "postgres_version must be a major version, 18 or later."
  }
}

variable "database_class" {
  type        = string
  description = "Instance class of the database."
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_class))
    error_message = "database_class must be an RDS instance class, such as db.t4g.small."
  }
}

variable "database_apply_immediately" {
  type        = bool
  default     = false
  description = "Whether a change that stops the database, such as a new class or major version, happens with the apply. False: in the next maintenance window, on Sunday from 04:00 UTC."
  nullable    = false
}

variable "database_storage_gib" {
  type        = number
  description = "Initial storage of the database in GiB."
  nullable    = false

  validation {
    condition     = var.database_storage_gib >= 20 && var.database_storage_gib <= 65536 && floor(var.database_storage_gib) == var.database_storage_gib
    error_message = "database_storage_gib must be a whole number from 20 to 65536."
  }
}

variable "database_max_storage_gib" {
  type        = number
  description = "Maximum to which the database's storage grows automatically, in GiB."
  nullable    = false

  # RDS requires at least 10 % more than the initial storage.
  validation {
    condition     = var.database_max_storage_gib >= var.database_storage_gib * 1.1 && var.database_max_storage_gib <= 65536 && floor(var.database_max_storage_gib) == var.database_max_storage_gib
    error_message = "database_max_storage_gib must be a whole number, at least 10 % more than database_storage_gib and at most 65536."
  }
}

variable "backup_days" {
  type        = number
  description = "Number of days for which the database can be restored to any second."
  nullable    = false

  # Zero would silently turn off backups.
  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days must be a whole number from 1 to 35."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Number of days that the logs of the app and the database are kept."
  nullable    = false

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be one of 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}
