# GitHub's workflows use a signed token instead of a stored key. Its subject contains the repository and the environment, branch or
# pull request of a job. Each role below trusts exactly one subject.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  github_provider_arn = var.github_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.github_provider_arn

  subjects = merge(
    {
      plan  = "${var.subject_prefix}:pull_request"
      build = "${var.subject_prefix}:ref:refs/heads/${var.branch}"
    },
    { for environment in keys(var.environments) : "deploy-${environment}" => "${var.subject_prefix}:environment:${environment}" },
  )
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.github_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [each.value]
    }
  }
}

# A first apply takes half an hour, most of it for the cluster and the database.
resource "aws_iam_role" "github" {
  for_each = local.subjects

  name                 = "${var.name}-${each.key}"
  description          = "GitHub Actions: ${each.value}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = startswith(each.key, "deploy-") ? 7200 : 3600
}
