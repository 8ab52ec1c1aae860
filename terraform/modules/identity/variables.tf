variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}

variable "cluster_name" {
  type        = string
  description = "The cluster whose service accounts assume the roles."
  nullable    = false
}

variable "oidc_provider_arn" {
  type        = string
  description = "The cluster's OIDC provider."
  nullable    = false
}

variable "oidc_issuer" {
  type        = string
  description = "The provider's address without its scheme."
  nullable    = false
}

variable "app_service_account" {
  type        = string
  description = "Service account of the app, as namespace:name."
  nullable    = false
}

variable "media_bucket_arn" {
  type        = string
  description = "Bucket of uploads."
  nullable    = false
}

variable "app_secret_arn" {
  type        = string
  description = "Secret of the app."
  nullable    = false
}

variable "master_secret_arn" {
  type        = string
  description = "Secret of the database's master; null if a restored database has none yet."
}

variable "key_arn" {
  type        = string
  description = "The environment's KMS key."
  nullable    = false
}

variable "boundary_arn" {
  type        = string
  description = "Permissions boundary of the roles."
  nullable    = false
}
