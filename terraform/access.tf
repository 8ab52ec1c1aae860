# Who reaches what.
variable "endpoint_cidrs" {
  type        = list(string)
  default     = []
  description = "Addresses that reach the cluster's API from the internet. Empty: none, deployments come from inside the network."
  nullable    = false

  # EKS's limit.
  validation {
    condition     = length(var.endpoint_cidrs) <= 40 && alltrue([for cidr in var.endpoint_cidrs : can(cidrhost(cidr, 0)) && !strcontains(cidr, ":")])
    error_message = "endpoint_cidrs holds at most 40 IPv4 ranges, such as 198.51.100.7/32."
  }
}

variable "visitor_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Addresses that reach the site."
  nullable    = false

  validation {
    condition     = length(var.visitor_cidrs) > 0 && alltrue([for cidr in var.visitor_cidrs : can(cidrhost(cidr, 0)) && !strcontains(cidr, ":")])
    error_message = "visitor_cidrs holds at least one IPv4 range."
  }
}

variable "administrator_arns" {
  type        = set(string)
  default     = []
  description = "IAM roles of people who administer the cluster, beside the deployment's. Who applies by hand must be among them."
  nullable    = false

  # An assumed role's session is no principal that EKS can be given.
  validation {
    condition     = alltrue([for arn in var.administrator_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "administrator_arns holds ARNs of IAM roles (arn:aws:iam::...:role/...), not of sessions or users."
  }
}
