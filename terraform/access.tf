# Network access and cluster administrators.
variable "endpoint_cidrs" {
  type        = list(string)
  default     = []
  description = "Addresses that can reach the cluster's API from the internet. Empty: none; deployments come from inside the network."
  nullable    = false

  # The limit of EKS.
  validation {
    condition     = length(var.endpoint_cidrs) <= 40 && alltrue([for cidr in var.endpoint_cidrs : can(cidrhost(cidr, 0)) && !strcontains(cidr, ":")])
    error_message = "endpoint_cidrs must contain at most 40 IPv4 ranges, such as 198.51.100.7/32."
  }
}

variable "visitor_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Addresses that can reach the site."
  nullable    = false

  validation {
    condition     = length(var.visitor_cidrs) > 0 && alltrue([for cidr in var.visitor_cidrs : can(cidrhost(cidr, 0)) && !strcontains(cidr, ":")])
    error_message = "visitor_cidrs must contain at least one IPv4 range."
  }
}

variable "administrator_arns" {
  type        = set(string)
  default     = []
  description = "IAM roles of people who administer the cluster, in addition to the deployment's. Include your role if you apply by hand."
  nullable    = false

  # EKS does not accept the session of an assumed role as a principal.
  validation {
    condition     = alltrue([for arn in var.administrator_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "administrator_arns must contain ARNs of IAM roles (arn:aws:iam::...:role/...), not of sessions or users."
  }
}
