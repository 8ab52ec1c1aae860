resource "aws_ecr_repository" "app" {
  #checkov:skip=CKV_AWS_136:images hold no secrets; ECR's own encryption is sufficient
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# A lifecycle policy does not know which images run, so tags protect them. The workflow tags a digest `deployed-<environment>-...`
# before it deploys it, and a release is tagged `v...`. Rules with a higher priority protect images with such a tag from the rule
# below. Their limit is higher than the number of deployments a town hall will ever make. Other images expire by age: a count would
# include provenance and SBOMs, and an image that waits for its approval has no tag yet. GitHub limits that wait to 30 days.
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
