locals {
  deployed   = var.image != ""
  repository = "${path.root}/.."

  # By content: a manifest that changed is deployed, one that was only touched is not.
  deployment_files = setunion(
    fileset(local.repository, "script/deploy"),
    fileset(local.repository, "terraform/kubernetes/**"),
  )
}

module "deployment" {
  source = "./modules/deployment"
  count  = local.deployed ? 1 : 0

  image          = var.image
  command        = "script/deploy"
  remove_command = "terraform/modules/deployment/remove-ingress"
  repository     = local.repository
  manifests      = { for file in local.deployment_files : file => filesha256("${local.repository}/${file}") }

  environment = {
    ENVIRONMENT                  = var.environment
    NAMESPACE                    = local.namespace
    CLUSTER                      = module.cluster.name
    REGION                       = var.region
    HOST                         = var.domain
    CERTIFICATE_ARN              = module.certificate.arn
    APP_ROLE_ARN                 = module.identity.app_role_arn
    LOAD_BALANCER_ROLE_ARN       = module.identity.load_balancer_role_arn
    EXTERNAL_SECRETS_ROLE_ARN    = module.identity.external_secrets_role_arn
    VPC_ID                       = module.network.vpc_id
    LOAD_BALANCER_SECURITY_GROUP = module.firewall.load_balancer_id
    WEB_SECURITY_GROUP           = module.firewall.web_id
    JOBS_SECURITY_GROUP          = module.firewall.jobs_id
    APP_SECRET                   = module.secrets.name
    MASTER_SECRET                = module.database.master_secret_arn
    DATABASE_HOST                = module.database.host
    DATABASE_NAME                = module.database.name
    MEDIA_BUCKET                 = module.media.bucket
    LOG_GROUP                    = module.logs.group_name
    TIME_ZONE                    = var.time_zone
    DEFAULT_FROM_EMAIL           = module.mail.sender
  }

  # Pods need the routes, the rules, the profiles and the policies, which no value above names; and at a destroy the load balancer
  # goes while its controller still runs.
  depends_on = [module.cluster, module.database, module.firewall, module.identity, module.mail, module.network, module.secrets]
}

# What can be known only once the load balancer is there.
module "site" {
  source = "./modules/site"
  count  = local.deployed ? 1 : 0

  cluster_name = module.cluster.name
  ingress      = "${local.namespace}/${local.ingress}"
  domain       = var.domain
  zone_id      = data.aws_route53_zone.this.zone_id

  depends_on = [module.deployment]
}

module "observability" {
  source = "./modules/observability"

  prefix               = local.prefix
  alarm_email          = var.alarm_email
  deployed             = local.deployed
  load_balancer        = one(module.site[*].load_balancer)
  database             = module.database.identifier
  database_storage_gib = var.database_storage_gib
  log_group            = module.logs.group_name
  ranking_metric       = module.logs.ranking_metric
  metric_namespace     = local.prefix
  key_arn              = module.encryption.key_arn
}
