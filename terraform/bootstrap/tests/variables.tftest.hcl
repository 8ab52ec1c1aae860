# Each variable refuses what is wrong before anything is planned.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  region     = "xx-test-1"
  repository = "town/hall"
  zone_ids   = ["Z0123456789ABC"]
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

run "repository_wildcard" {
  command = plan

  variables {
    repository = "town/*"
  }

  expect_failures = [var.repository]
}

run "repository_no_owner" {
  command = plan

  variables {
    repository = "hall"
  }

  expect_failures = [var.repository]
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
    environments = ["test"]
  }

  expect_failures = [var.environments]
}

run "environments_none" {
  command = plan

  variables {
    environments = []
  }

  expect_failures = [var.environments]
}

run "zone_ids_none" {
  command = plan

  variables {
    zone_ids = []
  }

  expect_failures = [var.zone_ids]
}

run "zone_ids_wildcard" {
  command = plan

  variables {
    zone_ids = ["*"]
  }

  expect_failures = [var.zone_ids]
}

run "github_provider_arn_another" {
  command = plan

  variables {
    github_provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
  }

  expect_failures = [var.github_provider_arn]
}
