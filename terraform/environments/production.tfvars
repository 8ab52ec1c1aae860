# Region, domain, zone, e-mail and time zone are the town's own: TF_VAR_region and so on (terraform/README.md).
environment = "production"

# GitHub's own runners have no fixed addresses. Every call to the API is signed by IAM and needs an access entry; whoever runs
# workflows from fixed addresses, or inside the network, narrows this to them or to [].
endpoint_cidrs = ["0.0.0.0/0"]

network_cidr             = "10.30.0.0/16"
database_class           = "db.m7g.large"
database_storage_gib     = 50
database_max_storage_gib = 500
backup_days              = 35
log_retention_days       = 365
