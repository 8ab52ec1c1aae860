locals {
  deployed   = var.image != ""
  repository = "${path.root}/.."

  # Hashes of the content, so that only a changed manifest is deployed again.
  deployment_files = setunion(
    fileset(local.repository, "script/deploy"),
    fileset(local.repository, "terraform/kubernetes/**"),
  )

  deployment_environment = {
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
    MEDIA_BUCKET                 = module.media.name
    LOG_GROUP                    = module.logs.group_name
    TIME_ZONE                    = var.time_zone
    DEFAULT_FROM_EMAIL           = module.mail.sender
  }
}

module "deployment" {
  source = "./modules/deployment"
  count  = local.deployed ? 1 : 0

  image      = var.image
  command    = "script/deploy"
  repository = local.repository
  manifests  = { for file in local.deployment_files : file => filesha256("${local.repository}/${file}") }

  environment = local.deployment_environment

  # Pods need the routes, rules, profiles and policies, to which no value above refers.
  depends_on = [module.cluster, module.database, module.firewall, module.identity, module.mail, module.network, module.secrets]
}

# A destroy must delete the load balancer while its controller still runs, and the controller needs routes, rules and policies.
module "ingress" {
  source = "./modules/ingress"
  count  = local.deployed ? 1 : 0

  command      = "terraform/modules/ingress/remove-ingress"
  repository   = local.repository
  cluster_name = module.cluster.name
  region       = var.region
  namespace    = local.namespace

  depends_on = [module.cluster, module.firewall, module.identity, module.network]
}

# Resources that need the load balancer, which exists only after a deployment.
module "site" {
  source = "./modules/site"
  count  = local.deployed ? 1 : 0

  load_balancer_name = module.cluster.name # terraform/kubernetes/base/web-ingress.yaml
  domain             = var.domain
  zone_id            = data.aws_route53_zone.this.zone_id

  depends_on = [module.deployment, module.ingress]
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
  mail_identity        = module.mail.identity
  ranking_metric       = module.logs.ranking_metric
  verify_metric        = module.logs.verify_metric
  metric_namespace     = local.prefix
  key_arn              = local.key_arn
}

# It depends on everything else, so a destroy starts with it. It stops the destroy while the database is protected, its last snapshot
# has no free name, or production's bucket has objects.
module "guard" {
  source = "./modules/guard"

  command    = "terraform/modules/guard/refuse-destroy"
  repository = local.repository
  database   = module.database.identifier
  snapshot   = module.database.final_snapshot
  bucket     = local.production ? module.media.name : ""
  region     = var.region

  depends_on = [
    module.certificate, module.cluster, module.database, module.deployment, module.firewall, module.identity,
    module.ingress, module.logs, module.mail, module.media, module.network, module.observability, module.secrets, module.site,
  ]
}
