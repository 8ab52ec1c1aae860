terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # `init` gets the bucket and the region as options, and the key from environments/<environment>.tfbackend. `encrypt` is not set,
  # because it would use S3's own key: the bucket encrypts with the KMS key of bootstrap.
  backend "s3" {
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = var.name
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
