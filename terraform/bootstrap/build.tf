# This role only pushes images and tags them.
data "aws_iam_policy_document" "build" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = local.push_actions
    resources = [aws_ecr_repository.app.arn]
  }
}

locals {
  push_actions = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:DescribeImageScanFindings",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
  ]
}

resource "aws_iam_role_policy" "build" {
  name   = "images"
  role   = aws_iam_role.github["build"].name
  policy = data.aws_iam_policy_document.build.json
}
