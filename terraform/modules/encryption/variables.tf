variable "prefix" {
  type        = string
  description = "Prefix of names."
  nullable    = false
}
