# The town's own values (region, domain, zone, e-mail and time zone) come from TF_VAR_region and so on (terraform/README.md).
environment = "production"

# GitHub's runners have no fixed addresses. Every call to the API is signed by IAM and needs an access entry. If your runners have
# fixed addresses, list them here; if they run inside the network, set [].
endpoint_cidrs = ["0.0.0.0/0"]

network_cidr             = "10.30.0.0/16"
database_class           = "db.m7g.large"
database_storage_gib     = 50
database_max_storage_gib = 500
backup_days              = 35
log_retention_days       = 365
