# Compares staging and production with plans of the whole stack.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  region      = "xx-test-1"
  domain      = "townhall.example.org"
  zone_id     = "Z0123456789ABC"
  alarm_email = "ops@example.org"
  time_zone   = "Europe/Madrid"

  network_cidr             = "10.20.0.0/16"
  database_class           = "db.t4g.small"
  database_storage_gib     = 20
  database_max_storage_gib = 50
  backup_days              = 7
  log_retention_days       = 30
}

run "staging" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition     = length(module.network.nat_addresses) == 1
    error_message = "Staging must have one NAT gateway."
  }

  assert {
    condition     = join(" ", module.network.zones) == "xx-test-1a xx-test-1b xx-test-1c"
    error_message = "The network must use the first three zones, in order."
  }

  assert {
    condition     = length(module.deployment) + length(module.ingress) + length(module.site) == 0 && output.image == null
    error_message = "Without an image nothing must be deployed and no load balancer looked up."
  }

  assert {
    condition     = local.deploy_role_arn == "arn:aws:iam::123456789012:role/townhall-deploy-staging"
    error_message = "The deploy role must be that of bootstrap."
  }

  assert {
    condition     = module.logs.group_name == "/townhall/staging/app" && module.secrets.name == "townhall/staging/app"
    error_message = "The names of the log group and the secret must contain the environment."
  }
}

run "production" {
  command = plan

  variables {
    environment = "production"
    image       = "123456789012.dkr.ecr.xx-test-1.amazonaws.com/townhall@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  assert {
    condition     = length(module.network.nat_addresses) == 3
    error_message = "Production must have a NAT gateway in each zone."
  }

  assert {
    condition     = length(module.deployment) == 1 && length(module.ingress) == 1 && length(module.site) == 1
    error_message = "With an image the site must be deployed and have its record."
  }

  # The role may not read the tags of the other environment's load balancer.
  assert {
    condition     = module.site[0].load_balancer_name == "townhall-production"
    error_message = "The load balancer must be looked up by the name that the Ingress gives to it."
  }

  assert {
    condition     = local.key_arn == "arn:aws:kms:xx-test-1:123456789012:key/0123" && data.aws_kms_alias.this.name == "alias/townhall-production"
    error_message = "The key must be that of bootstrap, so that a destroy leaves it."
  }
}

run "deployment_environment" {
  command = plan

  variables {
    environment = "production"
  }

  # The variables of script/deploy, except IMAGE.
  assert {
    condition = toset(keys(local.deployment_environment)) == toset([
      "APP_ROLE_ARN", "APP_SECRET", "CERTIFICATE_ARN", "CLUSTER", "DATABASE_HOST", "DATABASE_NAME", "DEFAULT_FROM_EMAIL", "ENVIRONMENT",
      "EXTERNAL_SECRETS_ROLE_ARN", "HOST", "JOBS_SECURITY_GROUP", "LOAD_BALANCER_ROLE_ARN", "LOAD_BALANCER_SECURITY_GROUP", "LOG_GROUP",
      "MASTER_SECRET", "MEDIA_BUCKET", "NAMESPACE", "REGION", "TIME_ZONE", "VPC_ID", "WEB_SECURITY_GROUP",
    ])
    error_message = "script/deploy must get each variable that it needs."
  }
}

# A restored instance, before RDS manages the master's password.
run "restored" {
  command = plan

  override_resource {
    target          = module.database.aws_db_instance.this
    override_during = plan
    values          = { address = "townhall.db.example.net", master_user_secret = [] }
  }

  variables {
    environment = "production"
  }

  assert {
    condition     = output.master_secret == null
    error_message = "Without the master's secret a plan and an import must still work."
  }
}

run "domain_outside_the_zone" {
  command = plan

  variables {
    environment = "staging"
    domain      = "townhall.elsewhere.org"
  }

  expect_failures = [data.aws_route53_zone.this]
}

run "zone_is_no_mere_suffix" {
  command = plan

  variables {
    environment = "staging"
    domain      = "notexample.org"
  }

  expect_failures = [data.aws_route53_zone.this]
}
