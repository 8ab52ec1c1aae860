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
  apply_immediately  = false
  log_retention_days = 30
  key_arn            = "arn:aws:kms:xx-test-1:123456789012:key/0123"
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
    condition     = !aws_db_instance.this.apply_immediately && output.final_snapshot == ""
    error_message = "A change must not stop the database at once unless that is asked for, and staging must leave no snapshot."
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
    condition     = aws_db_instance.this.final_snapshot_identifier == "townhall-production-final" && output.final_snapshot == "townhall-production-final"
    error_message = "The last snapshot must have a fixed name, or a restored and imported instance could not be destroyed."
  }
}

run "next_major_version" {
  command = plan

  module {
    source = "./modules/database"
  }

  variables {
    engine_version    = "19"
    apply_immediately = true
  }

  assert {
    condition     = aws_db_instance.this.allow_major_version_upgrade && aws_db_instance.this.apply_immediately && aws_db_instance.this.parameter_group_name == "townhall-staging-postgres19"
    error_message = "A new major version must be applied with its own parameters, and at once if that is asked for."
  }
}
