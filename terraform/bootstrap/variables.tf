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

variable "subject_prefix" {
  type        = string
  description = "How the tokens name the repository whose workflows may take the roles: sub_claim_prefix of `gh api repos/OWNER/NAME/actions/oidc/customization/sub`."
  nullable    = false

  # Both have numbers, which no later owner of the name gets, or none has: GitHub's form before July 2026, still that of older
  # repositories. A wildcard here would hand the account to other repositories.
  validation {
    condition = anytrue([
      can(regex("^repo:[A-Za-z0-9][A-Za-z0-9_-]*@[0-9]+/[A-Za-z0-9._-]{1,100}@[0-9]+$", var.subject_prefix)),
      can(regex("^repo:[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]{1,100}$", var.subject_prefix)),
    ])
    error_message = "subject_prefix is repo:owner@number/name@number, or repo:owner/name for a repository that GitHub gave no numbers; without a wildcard."
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
  type        = map(object({ domain = string, zone_id = string }))
  description = "The environments: each one's host, and the Route 53 hosted zone that holds it. A deployment may write that host's records and those below it."
  nullable    = false

  validation {
    condition     = length(var.environments) > 0 && length(setsubtract(keys(var.environments), ["staging", "production"])) == 0
    error_message = "environments holds staging, production, or both."
  }

  validation {
    condition     = alltrue([for site in var.environments : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", site.domain))])
    error_message = "A domain is a host name in small letters, such as townhall.example.org."
  }

  validation {
    condition     = alltrue([for site in var.environments : can(regex("^[A-Z0-9]{6,32}$", site.zone_id))])
    error_message = "A zone_id is the id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }

  # Else staging, which nobody approves, could write production's records.
  validation {
    condition     = !endswith(".${try(var.environments["production"].domain, "")}", ".${try(var.environments["staging"].domain, "-")}")
    error_message = "Production's domain is not staging's, nor below it."
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
