# One secret, a JSON object, with all secret values of the app. They never pass through Terraform: a resource would keep them in the
# state, and even with a write-only argument (secret_string_wo) the provider reads the value at every plan, so the role of pull
# requests would need permission to read it. fill_secret.py generates missing values and does not change existing ones.
data "aws_region" "current" {}

resource "aws_secretsmanager_secret" "app" {
  #checkov:skip=CKV2_AWS_57:rotated by hand with fill_secret.py, because a new SECRET_KEY signs everyone out
  name                    = var.name
  description             = "Keys, the database's login and the mail server's: fill_secret.py"
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.recovery_days
}

locals {
  fill = [
    "python3", "${path.module}/fill_secret.py",
    "--secret", aws_secretsmanager_secret.app.name,
    "--region", data.aws_region.current.name,
    "--database-role", var.database_role,
    "--smtp-user", var.smtp_user,
    "--smtp-host", var.smtp_host,
  ]
}

resource "terraform_data" "values" {
  triggers_replace = {
    # A version of the script that generates one more value runs at the next apply, and keeps the others.
    script        = filesha256("${path.module}/fill_secret.py")
    secret        = aws_secretsmanager_secret.app.arn
    database_role = var.database_role
    smtp_user     = var.smtp_user
    smtp_host     = var.smtp_host
  }

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = join(" ", [for word in local.fill : "'${word}'"])
  }
}
