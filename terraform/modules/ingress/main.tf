# Terraform does not manage the controller's load balancer. If it were left behind, subnets and security groups could not be destroyed,
# and the controller that could delete it would be gone.
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
