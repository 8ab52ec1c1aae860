variable "environment" {
  type        = string
  description = "staging or production."
  nullable    = false

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production."
  }
}

variable "name" {
  type        = string
  default     = "townhall"
  description = "What the names of all resources begin with; as in bootstrap."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name is 3 to 20 small letters, digits and single hyphens, begins with a letter and ends without a hyphen."
  }
}

variable "region" {
  type        = string
  description = "AWS region."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's code, such as eu-central-1."
  }
}

variable "domain" {
  type        = string
  description = "The site's host, such as townhall.example.org; mails come from it."
  nullable    = false

  # A certificate's first name has no more than 64 characters.
  validation {
    condition     = length(var.domain) <= 64 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain is a host name in small letters, such as townhall.example.org, of at most 64 characters."
  }
}

variable "zone_id" {
  type        = string
  description = "Route 53 hosted zone that holds the domain."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z0-9]{6,32}$", var.zone_id))
    error_message = "zone_id is the id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }
}

variable "alarm_email" {
  type        = string
  description = "Who hears of alarms; confirms the subscription once, by a link."
  nullable    = false

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is an e-mail address."
  }
}

variable "image" {
  type        = string
  default     = ""
  description = "Image to deploy, as <repository>@sha256:<digest>. Empty: infrastructure alone; over a running site it takes the site's load balancer away."
  nullable    = false

  # A tag can come to mean another image between plan and apply; a digest cannot.
  validation {
    condition     = var.image == "" || can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is <repository>@sha256:<64 hexadecimal digits>, or empty."
  }
}

variable "deployed_by" {
  type        = string
  default     = "terraform"
  description = "Who brings images to the cluster: terraform, by script/deploy, or argocd, which runs there. With argocd, record, alarms and load balancer stay, and no apply deploys."
  nullable    = false

  validation {
    condition     = contains(["terraform", "argocd"], var.deployed_by)
    error_message = "deployed_by is terraform or argocd."
  }
}

variable "time_zone" {
  type        = string
  description = "Where days begin at midnight, as in the time zone database: Europe/Madrid."
  nullable    = false

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z0-9_+-]+){1,2})$", var.time_zone))
    error_message = "time_zone is UTC or Area/City as in the time zone database."
  }
}
