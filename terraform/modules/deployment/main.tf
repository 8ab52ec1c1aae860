# Terraform's part of a deployment: it detects a change, runs script/deploy with the names of the resources, and fails if that fails.
# A failed run leaves this resource tainted, so the next apply deploys again. A rollback is an apply with the previous digest.
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

# The image that runs. The trigger above changes even if the deployment fails and the cluster goes back. This resource changes only
# after a successful deployment, so that it and its output keep the previous image. It is updated and not replaced, because a failed
# replacement would leave no value.
resource "terraform_data" "deployed" {
  input = var.image

  depends_on = [terraform_data.deployment]
}
