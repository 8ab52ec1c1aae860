variable "name" {
  type        = string
  default     = "townhall"
  description = "Prefix of the names of all resources; the same as in the main stack."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 20 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "region" {
  type        = string
  description = "AWS region of the state, the images and the environments."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of a region, such as eu-central-1."
  }
}

variable "subject_prefix" {
  type        = string
  description = "How GitHub's tokens name the repository whose workflows may assume the roles: sub_claim_prefix of `gh api repos/OWNER/NAME/actions/oidc/customization/sub`."
  nullable    = false

  # Either both names have numbers, which a later owner of the name does not get, or neither has: that is GitHub's form before
  # July 2026, which older repositories still use. A wildcard would give other repositories access to the account.
  validation {
    condition = anytrue([
      can(regex("^repo:[A-Za-z0-9][A-Za-z0-9_-]*@[0-9]+/[A-Za-z0-9._-]{1,100}@[0-9]+$", var.subject_prefix)),
      can(regex("^repo:[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]{1,100}$", var.subject_prefix)),
    ])
    error_message = "subject_prefix must be repo:owner@number/name@number, or repo:owner/name for a repository without numbers, and have no wildcard."
  }
}

variable "branch" {
  type        = string
  default     = "main"
  description = "The branch whose workflows may push images."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch must be the name of one branch, without a wildcard."
  }
}

variable "zone_id" {
  type        = string
  description = "Route 53 hosted zone that contains the hosts of all environments; GitHub's variable ZONE_ID."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z0-9]{6,32}$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }
}

variable "environments" {
  type        = map(string)
  description = "The host of each environment. A deployment may write the records of that host and its subdomains."
  nullable    = false

  validation {
    condition     = length(var.environments) > 0 && length(setsubtract(keys(var.environments), ["staging", "production"])) == 0
    error_message = "environments must contain staging, production, or both."
  }

  validation {
    condition     = alltrue([for domain in var.environments : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", domain))])
    error_message = "A host must be a lowercase name, such as townhall.example.org."
  }

  # Otherwise staging, which needs no approval, could write production's records.
  validation {
    condition     = !endswith(".${lookup(var.environments, "production", "")}", ".${lookup(var.environments, "staging", "-")}")
    error_message = "Production's host must not be staging's or a subdomain of it."
  }
}

variable "github_provider_arn" {
  type        = string
  default     = null
  description = "GitHub's OIDC provider, if the account already has one (it can have only one). With null it is created."

  validation {
    condition     = var.github_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_provider_arn))
    error_message = "github_provider_arn must be the ARN of the provider token.actions.githubusercontent.com, or null."
  }
}
