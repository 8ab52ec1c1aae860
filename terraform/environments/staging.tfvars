# Region, domain, zone, e-mail and time zone are the town's own: TF_VAR_region and so on (terraform/README.md).
environment = "staging"

# GitHub's own runners have no fixed addresses. Every call to the API is signed by IAM and needs an access entry; whoever runs
# workflows from fixed addresses, or inside the network, narrows this to them or to [].
endpoint_cidrs = ["0.0.0.0/0"]

network_cidr             = "10.20.0.0/16"
database_class           = "db.t4g.small"
database_storage_gib     = 20
database_max_storage_gib = 50
backup_days              = 7
log_retention_days       = 30
