variable "prefix" {
  type        = string
  description = "What names begin with."
  nullable    = false
}
