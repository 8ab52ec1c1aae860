# Who may assume which role, and what a lifecycle policy may delete.
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

run "both_environments" {
  command = plan

  assert {
    condition = tomap(local.subjects) == tomap({
      plan              = "repo:town@12/hall@345:pull_request"
      build             = "repo:town@12/hall@345:ref:refs/heads/main"
      deploy-staging    = "repo:town@12/hall@345:environment:staging"
      deploy-production = "repo:town@12/hall@345:environment:production"
    })
    error_message = "Each role must trust one subject."
  }

  assert {
    condition = alltrue([for name, document in data.aws_iam_policy_document.trust : alltrue([
      for condition in document.statement[0].condition : condition.test == "StringEquals" && !strcontains(join("", condition.values), "*")
    ])])
    error_message = "Subjects must be compared completely."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "The account's provider must be created."
  }

  assert {
    condition     = aws_ecr_repository.app.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.app.image_scanning_configuration[0].scan_on_push
    error_message = "Tags must be immutable, and images must be scanned."
  }

  assert {
    condition = alltrue([
      for prefix in ["deployed-", "v"] : one([
        for rule in jsondecode(aws_ecr_lifecycle_policy.app.policy).rules : rule.rulePriority if try(contains(rule.selection.tagPrefixList, prefix), false)
      ]) < one([for rule in jsondecode(aws_ecr_lifecycle_policy.app.policy).rules : rule.rulePriority if rule.selection.tagStatus == "any"])
    ])
    error_message = "Deployed and released images must be protected from the rule that deletes."
  }

  assert {
    condition = alltrue([
      for rule in jsondecode(aws_ecr_lifecycle_policy.app.policy).rules : rule.selection.countType == "sinceImagePushed" && rule.selection.countNumber > 30
      if rule.selection.tagStatus == "any"
    ])
    error_message = "An image that can still be approved, which GitHub allows for 30 days, must exist however many builds follow it."
  }
}

# A repository that was created before July 2026.
run "subjects_without_numbers" {
  command = plan

  variables {
    subject_prefix = "repo:town/hall"
  }

  assert {
    condition     = local.subjects["deploy-production"] == "repo:town/hall:environment:production"
    error_message = "The subject must begin with GitHub's prefix."
  }
}

run "one_environment" {
  command = plan

  variables {
    environments        = { production = "townhall.example.org" }
    github_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = join(" ", keys(aws_iam_role.github)) == "build deploy-production plan" && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account with only production must have no role for staging."
  }
}
