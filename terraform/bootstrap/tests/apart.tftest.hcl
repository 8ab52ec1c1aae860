# The roles of one environment cannot reach the resources of the other, because staging's deployments need no approval.
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

run "denied" {
  command = plan

  override_data {
    target = data.aws_iam_policy_document.apart
    values = { json = "{\"Statement\":[\"apart\"]}" }
  }

  assert {
    condition = alltrue([for document in data.aws_iam_policy_document.apart : alltrue([
      for statement in document.statement : statement.effect == "Deny" && contains(statement.actions, "*")
    ])])
    error_message = "The policy that separates the environments must grant nothing."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.apart["staging"].statement : join(" ", [for part in statement.condition : "${part.test} ${part.variable} ${join(",", part.values)}"])
      if statement.sid == "ByTag"
      ]) == join(" ", [
      "StringEquals aws:ResourceTag/Environment production",
      "StringEquals aws:ResourceTag/Project townhall",
    ])
    error_message = "Resources with production's tags must be denied to staging."
  }

  assert {
    condition = toset(flatten([
      for statement in data.aws_iam_policy_document.apart["staging"].statement : [for part in statement.condition : "${part.variable} ${join(",", part.values)}"]
      if statement.sid == null || statement.sid == ""
      ])) == toset([
      "aws:ResourceTag/elbv2.k8s.aws/cluster townhall-production",
      "aws:ResourceTag/aws:eks:cluster-name townhall-production",
      "aws:ResourceTag/aws:rds:primaryDBInstanceArn arn:*:rds:*:db:townhall-production,arn:*:rds:*:db:townhall-production-*",
    ])
    error_message = "Resources that AWS creates for production's cluster and database must be denied to staging."
  }

  # The main stack creates a resource with each of these names.
  assert {
    condition = alltrue([
      for thing in [
        "arn:aws:cloudwatch:xx-test-1:123456789012:alarm:townhall-production-latency",
        "arn:aws:cloudwatch::123456789012:dashboard/townhall-production",
        "arn:aws:eks:xx-test-1:123456789012:cluster/townhall-production",
        "arn:aws:eks:xx-test-1:123456789012:access-entry/townhall-production/role/123456789012/me/0123",
        "arn:aws:kms:xx-test-1:123456789012:alias/townhall-production",
        "arn:aws:logs:xx-test-1:123456789012:log-group:/townhall/production/app:log-stream:one",
        "arn:aws:logs:xx-test-1:123456789012:log-group:/aws/eks/townhall-production/cluster",
        "arn:aws:logs:xx-test-1:123456789012:log-group:/aws/rds/instance/townhall-production/postgresql",
        "arn:aws:rds:xx-test-1:123456789012:db:townhall-production",
        "arn:aws:rds:xx-test-1:123456789012:pg:townhall-production-postgres18",
        "arn:aws:rds:xx-test-1:123456789012:snapshot:rds:townhall-production-2026-11-21-02-30",
        "arn:aws:s3:::townhall-production-media-123456789012",
        "arn:aws:secretsmanager:xx-test-1:123456789012:secret:townhall/production/app-a1b2c3",
        "arn:aws:sns:xx-test-1:123456789012:townhall-production-alarms",
        ] : anytrue([
          for pattern in one([for statement in data.aws_iam_policy_document.apart["staging"].statement : statement.resources if statement.sid == "ByName"]) :
          can(regex("^${replace(replace(pattern, ".", "\\."), "*", ".*")}$", thing))
          ]) && !anytrue([
          for pattern in one([for statement in data.aws_iam_policy_document.apart["staging"].statement : statement.resources if statement.sid == "ByName"]) :
          can(regex("^${replace(replace(pattern, ".", "\\."), "*", ".*")}$", replace(thing, "production", "staging")))
      ])
    ])
    error_message = "Production's names must be denied to staging, and staging's own must not."
  }

  assert {
    condition = toset(keys(aws_iam_role_policy_attachment.apart)) == toset(["staging", "production"]) && alltrue([
      for environment, policy in aws_iam_policy.apart : policy.policy == data.aws_iam_policy_document.apart[environment].json
    ])
    error_message = "The role of each deployment must be denied the other environment's resources."
  }

  # Otherwise a deployment could create a role that may.
  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.boundary : contains(document.source_policy_documents, "{\"Statement\":[\"apart\"]}")
    ]) && join(" ", [for policy in aws_iam_policy.boundary : policy.name]) == "townhall-boundary-production townhall-boundary-staging"
    error_message = "The boundary must deny the same to each role that a deployment creates."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.deploy["staging"].statement : "${join(" ", statement.resources)} ${join(" ", sort(one(statement.condition).values))}"
      if statement.sid == "Records"
    ]) == "arn:aws:route53:::hostedzone/Z0123456789ABC *.staging.townhall.example.org staging.townhall.example.org"
    error_message = "Staging must only write its own records, in its own zone."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.deploy["staging"].statement : "${statement.effect} ${join(" ", sort(statement.not_actions))}"
      if statement.sid == "StateKey"
    ]) == "Deny kms:Decrypt kms:DescribeKey kms:GenerateDataKey"
    error_message = "A deployment must be able to use the state's key, but not to delete it."
  }
}

run "needed" {
  command = plan

  # EKS, Fargate, flow logs, the load balancer controller, External Secrets, the site, and the mail user.
  assert {
    condition = alltrue([for document in data.aws_iam_policy_document.boundary : join(" ", sort(distinct([
      for action in flatten([for statement in document.statement : statement.actions if statement.effect != "Deny"]) : split(":", action)[0]
    ]))) == "acm ec2 ecr elasticloadbalancing iam kms logs s3 secretsmanager ses"])
    error_message = "The boundary must allow the services that the roles of the main stack use, and no other."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.deploy_iam : anytrue([for statement in document.statement : contains(statement.actions, "iam:DeleteLoginProfile")])
    ])
    error_message = "It must be possible to destroy the mail user: the provider always looks for a password to delete."
  }
}

# A destroyed environment leaves a snapshot, so its key is not part of it.
run "keys" {
  command = plan

  assert {
    condition     = join(" ", [for alias in aws_kms_alias.environment : alias.name]) == "alias/townhall-production alias/townhall-staging"
    error_message = "Each environment must find its key by its alias."
  }

  assert {
    condition     = aws_kms_key.environment["production"].tags["Environment"] == "production"
    error_message = "The key must have the tag by which it is denied to the other environment."
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.key.statement : "${join(" ", sort(one(statement.principals).identifiers))} ${length(statement.condition)}"
      if statement.sid == "Topic"
    ]) == "cloudwatch.amazonaws.com ses.amazonaws.com 0"
    error_message = "Alarms, bounces and complaints must be able to reach the encrypted topic."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.deploy : !anytrue([
        for action in flatten([for statement in document.statement : statement.actions if statement.effect != "Deny" && statement.actions != null]) :
        startswith(action, "kms:") && can(regex("\\*$|Delet|Disable|Policy|Update|Tag", action)) && !can(regex("^kms:(Describe|Get|List|GenerateDataKey|ReEncrypt)", action))
      ])
    ])
    error_message = "A deployment must not be able to delete a key or to change its policy."
  }
}
