# The town's own values (region, domain, zone, e-mail and time zone) come from TF_VAR_region and so on (terraform/README.md).
environment = "staging"

# GitHub's runners have no fixed addresses. Every call to the API is signed by IAM and needs an access entry. If your runners have
# fixed addresses, list them here; if they run inside the network, set [].
endpoint_cidrs = ["0.0.0.0/0"]

network_cidr             = "10.20.0.0/16"
database_class           = "db.t4g.small"
database_storage_gib     = 20
database_max_storage_gib = 50
backup_days              = 7
log_retention_days       = 30
