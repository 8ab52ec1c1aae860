# The state of all stacks. Terraform cannot repair a lost state, so the bucket keeps versions and refuses deletion.
resource "aws_kms_key" "state" {
  description             = "Terraform state of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.state_key.json
}

# IAM policies of this account decide who may use the key.
data "aws_iam_policy_document" "state_key" {
  #checkov:skip=CKV_AWS_109:in a key policy, * means only this key
  #checkov:skip=CKV_AWS_111:in a key policy, * means only this key
  #checkov:skip=CKV_AWS_356:in a key policy, * means only this key
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_alias" "state" {
  name          = "alias/${var.name}-terraform"
  target_key_id = aws_kms_key.state.key_id
}

# Each run leaves a version of the lock file.
module "state_bucket" {
  source = "../modules/bucket"

  name              = "${var.name}-terraform-${data.aws_caller_identity.current.account_id}-${var.region}"
  key_arn           = aws_kms_key.state.arn
  old_versions_days = 90
  old_versions_kept = 50
}

# Refuses every plan that destroys or replaces the bucket. It is not in the module, because prevent_destroy cannot depend on a
# variable and would also hold for the media. The id is unknown while a plan replaces the bucket, so this would be replaced as well.
resource "terraform_data" "state_bucket" {
  triggers_replace = module.state_bucket.id

  lifecycle {
    prevent_destroy = true
  }
}

# Keeps the bucket of installations that were made before it was in a module.
moved {
  from = aws_s3_bucket.state
  to   = module.state_bucket.aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_versioning.state
  to   = module.state_bucket.aws_s3_bucket_versioning.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.state
  to   = module.state_bucket.aws_s3_bucket_server_side_encryption_configuration.this
}

moved {
  from = aws_s3_bucket_public_access_block.state
  to   = module.state_bucket.aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_ownership_controls.state
  to   = module.state_bucket.aws_s3_bucket_ownership_controls.this
}

moved {
  from = aws_s3_bucket_lifecycle_configuration.state
  to   = module.state_bucket.aws_s3_bucket_lifecycle_configuration.this
}

moved {
  from = aws_s3_bucket_policy.state
  to   = module.state_bucket.aws_s3_bucket_policy.this
}
