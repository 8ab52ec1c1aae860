data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_route53_zone" "this" {
  zone_id = var.zone_id

  lifecycle {
    postcondition {
      condition     = var.domain == trimsuffix(self.name, ".") || endswith(var.domain, ".${trimsuffix(self.name, ".")}")
      error_message = "The domain ${var.domain} is not in the hosted zone ${self.name}."
    }
  }
}

locals {
  prefix     = "${var.name}-${var.environment}"
  log_prefix = "/${var.name}/${var.environment}"
  production = var.environment == "production"

  # These names are also in terraform/kubernetes.
  namespace       = "townhall"
  service_account = "townhall"

  # Created by bootstrap.
  account         = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}"
  boundary_arn    = "${local.account}:policy/${var.name}-boundary-${var.environment}"
  deploy_role_arn = "${local.account}:role/${var.name}-deploy-${var.environment}"
  key_arn         = data.aws_kms_alias.this.target_key_arn
}

# Created by bootstrap, so that a destroy leaves the key that the last snapshot of the database needs.
data "aws_kms_alias" "this" {
  name = "alias/${local.prefix}"
}

# Environments that were made before it was there keep their key (CHANGELOG.md).
removed {
  from = module.encryption

  lifecycle {
    destroy = false
  }
}

module "network" {
  source = "./modules/network"

  prefix            = local.prefix
  log_prefix        = local.log_prefix
  cidr              = var.network_cidr
  nat_per_zone      = local.production
  excluded_zone_ids = var.excluded_zone_ids
  cluster_name      = local.prefix
  key_arn           = local.key_arn
  boundary_arn      = local.boundary_arn
}

module "logs" {
  source = "./modules/logs"

  name             = "${local.log_prefix}/app"
  metric_namespace = local.prefix
  retention_days   = var.log_retention_days
  key_arn          = local.key_arn
}

module "cluster" {
  source = "./modules/cluster"

  name               = local.prefix
  kubernetes_version = var.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  endpoint_cidrs     = var.endpoint_cidrs
  administrator_arns = setunion([local.deploy_role_arn], var.administrator_arns)
  app_namespace      = local.namespace
  app_log_group_arn  = module.logs.group_arn
  key_arn            = local.key_arn
  boundary_arn       = local.boundary_arn
}

module "firewall" {
  source = "./modules/firewall"

  prefix                    = local.prefix
  vpc_id                    = module.network.vpc_id
  cluster_security_group_id = module.cluster.security_group_id
  visitor_cidrs             = var.visitor_cidrs
}

module "database" {
  source = "./modules/database"

  prefix             = local.prefix
  subnet_ids         = module.network.isolated_subnet_ids
  security_group_id  = module.firewall.database_id
  engine_version     = var.postgres_version
  instance_class     = var.database_class
  storage_gib        = var.database_storage_gib
  max_storage_gib    = var.database_max_storage_gib
  backup_days        = var.backup_days
  protected          = local.production
  apply_immediately  = var.database_apply_immediately
  log_retention_days = var.log_retention_days
  key_arn            = local.key_arn
}

# Cover images and other uploads. They are read through the app or its signed links, never publicly. What was deleted is gone after a
# month, as residents may demand.
module "media" {
  source = "./modules/bucket"

  name              = "${local.prefix}-media-${data.aws_caller_identity.current.account_id}"
  key_arn           = local.key_arn
  disposable        = !local.production
  old_versions_days = 30
}

module "mail" {
  source = "./modules/mail"

  prefix       = local.prefix
  domain       = var.domain
  zone_id      = data.aws_route53_zone.this.zone_id
  boundary_arn = local.boundary_arn
}

module "secrets" {
  source = "./modules/secrets"

  name          = "${var.name}/${var.environment}/app"
  database_role = "townhall_app"
  smtp_user     = module.mail.smtp_user
  smtp_host     = module.mail.smtp_host
  recovery_days = local.production ? 30 : 0
  key_arn       = local.key_arn
}

module "certificate" {
  source = "./modules/certificate"

  domain  = var.domain
  zone_id = data.aws_route53_zone.this.zone_id
}

module "identity" {
  source = "./modules/identity"

  prefix              = local.prefix
  cluster_name        = module.cluster.name
  oidc_provider_arn   = module.cluster.oidc_provider_arn
  oidc_issuer         = module.cluster.oidc_issuer
  app_service_account = "${local.namespace}:${local.service_account}"
  media_bucket_arn    = module.media.arn
  app_secret_arn      = module.secrets.arn
  master_secret_arn   = module.database.master_secret_arn
  key_arn             = local.key_arn
  boundary_arn        = local.boundary_arn
}
