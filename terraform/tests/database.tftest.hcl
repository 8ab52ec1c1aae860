mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  prefix             = "townhall-staging"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id  = "sg-database"
  engine_version     = "18"
  instance_class     = "db.t4g.small"
  storage_gib        = 20
  max_storage_gib    = 50
  backup_days        = 7
  protected          = false
  log_retention_days = 30
  key_arn            = "arn:aws:kms:xx-test-1:123456789012:key/0123"
  boundary_arn       = "arn:aws:iam::123456789012:policy/townhall-boundary"
}

run "staging" {
  command = plan

  module {
    source = "./modules/database"
  }

  assert {
    condition     = !aws_db_instance.this.multi_az && !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot
    error_message = "It must be possible to create and destroy staging at will."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.manage_master_user_password && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.backup_retention_period == 7
    error_message = "Staging must be encrypted, backed up and not public, like production."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1" && aws_db_parameter_group.this.family == "postgres18"
    error_message = "TLS must be required."
  }
}

run "production" {
  command = plan

  module {
    source = "./modules/database"
  }

  variables {
    prefix    = "townhall-production"
    protected = true
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.delete_automated_backups
    error_message = "Production must have a standby and survive a destroy."
  }

  assert {
    condition     = aws_db_instance.this.monitoring_interval == 60 && startswith(aws_db_instance.this.final_snapshot_identifier, "townhall-production-final-2")
    error_message = "Production must have monitoring, and a unique name for its last snapshot."
  }
}

run "storage_that_cannot_grow" {
  command = plan

  module {
    source = "./modules/database"
  }

  variables {
    max_storage_gib = 20
  }

  expect_failures = [aws_db_instance.this]
}
