variable "name" {
  type        = string
  description = "The secret's name."
  nullable    = false
}

variable "database_role" {
  type        = string
  description = "The app's own role in the database."
  nullable    = false
}

variable "smtp_user" {
  type        = string
  description = "IAM user whose key becomes the SMTP login."
  nullable    = false
}

variable "smtp_host" {
  type        = string
  description = "SMTP server."
  nullable    = false
}

variable "recovery_days" {
  type        = number
  description = "Number of days in which a deleted secret can be restored. 0 deletes it at once."
  nullable    = false
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}
