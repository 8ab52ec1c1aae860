locals {
  # The name of the app's database. RDS keeps the superuser.
  database_name = "townhall"

  # A fixed name, so that an imported instance, whose state does not have it, gets it as well. modules/guard asks whether it is free.
  final_snapshot = "${var.prefix}-final"
}

resource "aws_db_subnet_group" "this" {
  name       = var.prefix
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.prefix}-postgres${var.engine_version}"
  family      = "postgres${var.engine_version}"
  description = "${var.prefix}: TLS alone, slow statements and lock waits logged"

  # Connections without TLS are refused, even if the client asks for one.
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # In milliseconds. The log contains statements without their parameters.
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

# Created before the instance, because the instance would create them without retention and key.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:retention is a variable
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_157:only production has a standby
  #checkov:skip=CKV_AWS_293:only production has deletion protection; staging is created and destroyed at will
  #checkov:skip=CKV_AWS_118:nothing reads the metrics of the operating system; Performance Insights has those of the database
  #checkov:skip=CKV_AWS_161:the app's role has its own password; IAM tokens of 15 minutes are no advantage for persistent connections
  #checkov:skip=CKV2_AWS_30:only slow statements are logged, because logging all would log personal data
  identifier     = var.prefix
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = local.database_name

  # Without apply_immediately, RDS puts off what stops the database to the maintenance window, and an apply does not say so.
  allow_major_version_upgrade = true
  apply_immediately           = var.apply_immediately

  # RDS creates, keeps and rotates the master's password in its own secret. Not even Terraform sees it.
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

  # Times are in UTC.
  backup_retention_period    = var.backup_days
  backup_window              = "02:30-03:30"
  maintenance_window         = "sun:04:00-sun:05:00"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  delete_automated_backups   = !var.protected
  deletion_protection        = var.protected
  skip_final_snapshot        = !var.protected
  final_snapshot_identifier  = local.final_snapshot

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  performance_insights_kms_key_id       = var.key_arn

  depends_on = [aws_cloudwatch_log_group.this]
}
