variable "environment" {
  type        = string
  description = "staging or production."
  nullable    = false

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "name" {
  type        = string
  default     = "townhall"
  description = "Prefix of the names of all resources; the same as in bootstrap."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name)) && !strcontains(var.name, "--") && !startswith(var.name, "internal-")
    error_message = "name must be 3 to 20 lowercase letters, digits and single hyphens, begin with a letter and not end with a hyphen. It must not begin with internal-, which AWS reserves in names of load balancers."
  }
}

variable "region" {
  type        = string
  description = "AWS region."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the code of a region, such as eu-central-1."
  }
}

variable "domain" {
  type        = string
  description = "Host name of the site, such as townhall.example.org. It is also the sender's domain of mails."
  nullable    = false

  # The first name of a certificate has at most 64 characters.
  validation {
    condition     = length(var.domain) <= 64 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "domain must be a lowercase host name, such as townhall.example.org, of at most 64 characters."
  }
}

variable "zone_id" {
  type        = string
  description = "Route 53 hosted zone that contains the domain."
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z0-9]{6,32}$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ."
  }
}

variable "alarm_email" {
  type        = string
  description = "Recipient of alarms, who must confirm the subscription once with a link."
  nullable    = false

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
}

variable "image" {
  type        = string
  default     = ""
  description = "Image to deploy, as <repository>@sha256:<digest>. Empty: only the infrastructure; if a site is running, this removes its load balancer."
  nullable    = false

  # A tag can refer to another image between plan and apply. A digest cannot.
  validation {
    condition     = var.image == "" || can(regex("^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must be <repository>@sha256:<64 hexadecimal digits>, or empty."
  }
}

variable "time_zone" {
  type        = string
  description = "Time zone in which days begin at midnight, as in the time zone database: Europe/Madrid."
  nullable    = false

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z0-9_+-]+){1,2})$", var.time_zone))
    error_message = "time_zone must be UTC or Area/City as in the time zone database."
  }
}
