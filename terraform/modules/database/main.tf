locals {
  # What the app's role finds; the database's own superuser stays with RDS.
  database_name = "townhall"
}

resource "aws_db_subnet_group" "this" {
  name       = var.prefix
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.prefix}-postgres${var.engine_version}"
  family      = "postgres${var.engine_version}"
  description = "${var.prefix}: TLS alone, slow statements and lock waits logged"

  # What does not speak TLS is refused, whatever the client asks for.
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Milliseconds. Statements appear in the log without their parameters.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Made before the instance, which would make them without retention and key.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:retention is a variable
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_157:a standby in production; staging may fail
  #checkov:skip=CKV_AWS_293:deletion protection in production; staging is made and destroyed
  #checkov:skip=CKV_AWS_118:enhanced monitoring in production
  #checkov:skip=CKV_AWS_161:the app's role has a password of its own; an IAM token each 15 minutes is no gain over kept connections
  #checkov:skip=CKV2_AWS_30:slow statements are logged; all of them would be personal data
  identifier     = var.prefix
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = local.database_name

  # The master's password is made, kept and rotated by RDS in a secret of its own; nobody, Terraform included, sees it.
  username                      = "townhall_master"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.key_arn

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.max_storage_gib
  storage_encrypted     = true
  kms_key_id            = var.key_arn

  multi_az               = var.protected
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  # Times are UTC.
  backup_retention_period    = var.backup_days
  backup_window              = "02:30-03:30"
  maintenance_window         = "sun:04:00-sun:05:00"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  delete_automated_backups   = !var.protected
  deletion_protection        = var.protected
  skip_final_snapshot        = !var.protected
  final_snapshot_identifier  = "${var.prefix}-final-${formatdate("YYYYMMDDhhmmss", plantimestamp())}"

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  performance_insights_kms_key_id       = var.key_arn
  monitoring_interval                   = var.protected ? 60 : 0
  monitoring_role_arn                   = var.protected ? aws_iam_role.monitoring[0].arn : null

  lifecycle {
    # The name is that of the day the instance was made: a second instance's last snapshot does not meet the first one's.
    ignore_changes = [final_snapshot_identifier]

    precondition {
      condition     = var.max_storage_gib > var.storage_gib
      error_message = "database_max_storage_gib is more than database_storage_gib, or storage cannot grow."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}
