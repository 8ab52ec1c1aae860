# Each variable refuses wrong values before the plan.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  region         = "xx-test-1"
  subject_prefix = "repo:town@12/hall@345"
  zone_id        = "Z0123456789ABC"
  environments   = { staging = "staging.townhall.example.org", production = "townhall.example.org" }
}

run "name_characters" {
  command = plan

  variables {
    name = "Town_Hall"
  }

  expect_failures = [var.name]
}

run "region_a_place" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "subject_prefix_wildcard" {
  command = plan

  variables {
    subject_prefix = "repo:town@12/*"
  }

  expect_failures = [var.subject_prefix]
}

run "subject_prefix_no_owner" {
  command = plan

  variables {
    subject_prefix = "repo:hall"
  }

  expect_failures = [var.subject_prefix]
}

run "subject_prefix_one_number" {
  command = plan

  variables {
    subject_prefix = "repo:town@12/hall"
  }

  expect_failures = [var.subject_prefix]
}

run "subject_prefix_a_whole_subject" {
  command = plan

  variables {
    subject_prefix = "repo:town@12/hall@345:pull_request"
  }

  expect_failures = [var.subject_prefix]
}

run "branch_wildcard" {
  command = plan

  variables {
    branch = "*"
  }

  expect_failures = [var.branch]
}

run "environments_unknown" {
  command = plan

  variables {
    environments = { test = "townhall.example.org" }
  }

  expect_failures = [var.environments]
}

run "environments_none" {
  command = plan

  variables {
    environments = {}
  }

  expect_failures = [var.environments]
}

run "zone_id_wildcard" {
  command = plan

  variables {
    zone_id = "*"
  }

  expect_failures = [var.zone_id]
}

run "environments_domain_wildcard" {
  command = plan

  variables {
    environments = { staging = "*.example.org" }
  }

  expect_failures = [var.environments]
}

run "environments_production_below_staging" {
  command = plan

  variables {
    environments = { staging = "example.org", production = "townhall.example.org" }
  }

  expect_failures = [var.environments]
}

run "environments_one_domain" {
  command = plan

  variables {
    environments = { staging = "townhall.example.org", production = "townhall.example.org" }
  }

  expect_failures = [var.environments]
}

run "github_provider_arn_another" {
  command = plan

  variables {
    github_provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
  }

  expect_failures = [var.github_provider_arn]
}
