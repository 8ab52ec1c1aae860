resource "aws_ecr_repository" "app" {
  #checkov:skip=CKV_AWS_136:images hold no secrets; ECR's own encryption suffices
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# A lifecycle cannot see what runs. What is deployed is marked instead: the workflow tags a digest `deployed-<environment>-...`
# before it deploys, a release is tagged `v...`, and a rule of higher priority shields whatever carries such a tag from the rules
# below it. The limit of that rule is beyond what a town hall will ever deploy. Builds go by age: a count would count provenance and
# contents as images, too, and a digest that waits for its turn has no mark yet. GitHub lets nobody wait longer than 30 days.
resource "aws_ecr_lifecycle_policy" "app" {
  repository = aws_ecr_repository.app.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Keep what was deployed"
        selection    = { tagStatus = "tagged", tagPrefixList = ["deployed-"], countType = "imageCountMoreThan", countNumber = 9000 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Keep what was released"
        selection    = { tagStatus = "tagged", tagPrefixList = ["v"], countType = "imageCountMoreThan", countNumber = 9000 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 3
        description  = "Builds that were never deployed"
        selection    = { tagStatus = "any", countType = "sinceImagePushed", countUnit = "days", countNumber = 60 }
        action       = { type = "expire" }
      },
    ]
  })
}
