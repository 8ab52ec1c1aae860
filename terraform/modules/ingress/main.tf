# The controller's load balancer is not Terraform's: left behind, it would keep subnets and security groups from being destroyed,
# and nobody would be there any more to destroy it.
resource "terraform_data" "this" {
  input = {
    command    = var.command
    repository = var.repository
    cluster    = var.cluster_name
    region     = var.region
    namespace  = var.namespace
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
