# Terraform's part of a deployment: to notice that one is due, run script/deploy with the names of what was made, and fail with it.
# A failed run leaves this resource tainted, so the next apply deploys again. A roll back is an apply with the previous digest.
resource "terraform_data" "deployment" {
  triggers_replace = {
    image       = var.image
    environment = var.environment
    manifests   = sha256(jsonencode(var.manifests))
  }

  provisioner "local-exec" {
    command     = var.command
    working_dir = var.repository
    environment = merge(var.environment, { IMAGE = var.image })
  }
}

# What runs. The trigger above is new even when the deployment fails and the cluster goes back; this is changed after it, so that it,
# and the output that shows it, keep the image from before. Not replaced, or the failure would leave nothing.
resource "terraform_data" "deployed" {
  input = var.image

  depends_on = [terraform_data.deployment]
}
