variable "name" {
  type        = string
  default     = "townhall"
  description = "What the names of all resources begin with; the main stack is given the same."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name is 3 to 20 small letters, digits and hyphens, begins with a letter and ends without a hyphen."
  }
}

variable "region" {
  type        = string
  description = "AWS region of the state, the images and the environments."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's code, such as eu-central-1."
  }
}

variable "repository" {
  type        = string
  description = "The GitHub repository whose workflows may take the roles, as owner/name."
  nullable    = false

  # A wildcard here would hand the account to other repositories.
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.repository))
    error_message = "repository is owner/name, without a wildcard."
  }
}

variable "branch" {
  type        = string
  default     = "main"
  description = "The branch whose workflows may push images."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch is one branch's name, without a wildcard."
  }
}

variable "environments" {
  type        = set(string)
  default     = ["staging", "production"]
  description = "The environments that live in this account. Two accounts, one for each, part them better: bootstrap each."
  nullable    = false

  validation {
    condition     = length(var.environments) > 0 && length(setsubtract(var.environments, ["staging", "production"])) == 0
    error_message = "environments holds staging, production, or both."
  }
}

variable "zone_ids" {
  type        = set(string)
  description = "Route 53 hosted zones in which deployments may write records."
  nullable    = false

  validation {
    condition     = length(var.zone_ids) > 0 && alltrue([for id in var.zone_ids : can(regex("^[A-Z0-9]{6,32}$", id))])
    error_message = "zone_ids holds at least one id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }
}

variable "github_provider_arn" {
  type        = string
  default     = null
  description = "GitHub's OIDC provider where the account has one already (there can be one only); null makes it."

  validation {
    condition     = var.github_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_provider_arn))
    error_message = "github_provider_arn is the ARN of the provider token.actions.githubusercontent.com, or null."
  }
}
