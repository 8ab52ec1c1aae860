# Each variable refuses wrong values before the plan. The last run has the accepted edge cases.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  environment = "staging"
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

run "environment_unknown" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "name_characters" {
  command = plan

  variables {
    name = "Town_Hall"
  }

  expect_failures = [var.name]
}

run "name_long" {
  command = plan

  variables {
    name = "a-name-that-is-far-too-long"
  }

  expect_failures = [var.name]
}

run "name_double_hyphen" {
  command = plan

  variables {
    name = "town--hall"
  }

  expect_failures = [var.name]
}

run "name_of_an_internal_load_balancer" {
  command = plan

  variables {
    name = "internal-hall"
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

run "domain_a_url" {
  command = plan

  variables {
    domain = "https://townhall.example.org"
  }

  expect_failures = [var.domain]
}

run "domain_no_dot" {
  command = plan

  variables {
    domain = "townhall"
  }

  expect_failures = [var.domain]
}

run "zone_id_a_path" {
  command = plan

  variables {
    zone_id = "/hostedzone/Z0123456789ABC"
  }

  expect_failures = [var.zone_id]
}

run "alarm_email_no_host" {
  command = plan

  variables {
    alarm_email = "ops"
  }

  expect_failures = [var.alarm_email]
}

run "image_a_tag" {
  command = plan

  variables {
    image = "registry.example.net/townhall:latest"
  }

  expect_failures = [var.image]
}

run "image_a_short_digest" {
  command = plan

  variables {
    image = "registry.example.net/townhall@sha256:0123"
  }

  expect_failures = [var.image]
}

run "time_zone_words" {
  command = plan

  variables {
    time_zone = "Madrid time"
  }

  expect_failures = [var.time_zone]
}

run "network_cidr_too_small" {
  command = plan

  variables {
    network_cidr = "10.20.0.0/24"
  }

  expect_failures = [var.network_cidr]
}

run "network_cidr_public" {
  command = plan

  variables {
    network_cidr = "8.8.0.0/16"
  }

  expect_failures = [var.network_cidr]
}

run "excluded_zone_ids_names" {
  command = plan

  variables {
    excluded_zone_ids = ["xx-test-1a"]
  }

  expect_failures = [var.excluded_zone_ids]
}

run "kubernetes_version_old" {
  command = plan

  variables {
    kubernetes_version = "1.34"
  }

  expect_failures = [var.kubernetes_version]
}

run "kubernetes_version_patch" {
  command = plan

  variables {
    kubernetes_version = "1.35.1"
  }

  expect_failures = [var.kubernetes_version]
}

run "postgres_version_old" {
  command = plan

  variables {
    postgres_version = "17"
  }

  expect_failures = [var.postgres_version]
}

run "postgres_version_minor" {
  command = plan

  variables {
    postgres_version = "18.1"
  }

  expect_failures = [var.postgres_version]
}

run "database_class_prefix" {
  command = plan

  variables {
    database_class = "t4g.small"
  }

  expect_failures = [var.database_class]
}

run "database_storage_gib_small" {
  command = plan

  variables {
    database_storage_gib = 10
  }

  expect_failures = [var.database_storage_gib]
}

run "database_storage_gib_fraction" {
  command = plan

  variables {
    database_storage_gib = 20.5
  }

  expect_failures = [var.database_storage_gib]
}

run "database_max_storage_gib_no_room" {
  command = plan

  variables {
    database_max_storage_gib = 21
  }

  expect_failures = [var.database_max_storage_gib]
}

run "backup_days_none" {
  command = plan

  variables {
    backup_days = 0
  }

  expect_failures = [var.backup_days]
}

run "backup_days_many" {
  command = plan

  variables {
    backup_days = 36
  }

  expect_failures = [var.backup_days]
}

run "log_retention_days_odd" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "endpoint_cidrs_an_address" {
  command = plan

  variables {
    endpoint_cidrs = ["198.51.100.7"]
  }

  expect_failures = [var.endpoint_cidrs]
}

run "endpoint_cidrs_ipv6" {
  command = plan

  variables {
    endpoint_cidrs = ["::/0"]
  }

  expect_failures = [var.endpoint_cidrs]
}

run "endpoint_cidrs_many" {
  command = plan

  variables {
    endpoint_cidrs = [for i in range(41) : "198.51.100.${i}/32"]
  }

  expect_failures = [var.endpoint_cidrs]
}

run "visitor_cidrs_nobody" {
  command = plan

  variables {
    visitor_cidrs = []
  }

  expect_failures = [var.visitor_cidrs]
}

run "visitor_cidrs_a_word" {
  command = plan

  variables {
    visitor_cidrs = ["everyone"]
  }

  expect_failures = [var.visitor_cidrs]
}

run "administrator_arns_a_session" {
  command = plan

  variables {
    administrator_arns = ["arn:aws:sts::123456789012:assumed-role/admin/me"]
  }

  expect_failures = [var.administrator_arns]
}

run "accepted" {
  command = plan

  variables {
    environment              = "production"
    name                     = "hall-2"
    image                    = "registry.example.net:5000/town/hall@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    time_zone                = "America/Argentina/Buenos_Aires"
    network_cidr             = "172.31.0.0/16"
    excluded_zone_ids        = ["use1-az3"]
    kubernetes_version       = "1.36"
    postgres_version         = "18"
    database_class           = "db.m7g.large"
    database_storage_gib     = 20
    database_max_storage_gib = 22
    backup_days              = 35
    log_retention_days       = 7
    endpoint_cidrs           = []
    visitor_cidrs            = ["198.51.100.0/24"]
    administrator_arns       = ["arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Administrator_0123456789abcdef"]
  }
}
