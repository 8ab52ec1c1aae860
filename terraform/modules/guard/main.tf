# A destroy deletes in the order of the dependencies: the site's record and the load balancer would be deleted long before RDS refuses
# to delete a protected database, or S3 a bucket with objects. This resource refuses first.
resource "terraform_data" "this" {
  input = {
    command    = var.command
    repository = var.repository
    database   = var.database
    snapshot   = var.snapshot
    bucket     = var.bucket
    region     = var.region
  }

  provisioner "local-exec" {
    when        = destroy
    command     = self.input.command
    working_dir = self.input.repository

    environment = {
      DATABASE = self.input.database
      SNAPSHOT = self.input.snapshot
      BUCKET   = self.input.bucket
      REGION   = self.input.region
    }
  }
}
