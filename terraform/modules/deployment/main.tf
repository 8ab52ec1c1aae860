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

# The controller's load balancer is not Terraform's: left behind, it would keep subnets and security groups from being destroyed,
# and nobody would be there any more to destroy it.
resource "terraform_data" "ingress" {
  input = {
    command    = var.remove_command
    repository = var.repository
    cluster    = var.environment.CLUSTER
    region     = var.environment.REGION
    namespace  = var.environment.NAMESPACE
  }

  provisioner "local-exec" {
    when        = destroy
    command     = self.input.command
    working_dir = self.input.repository

    environment = {
      CLUSTER   = self.input.cluster
      REGION    = self.input.region
      NAMESPACE = self.input.namespace
    }
  }
}
