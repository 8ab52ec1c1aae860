mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "/townhall/staging/app"
  metric_namespace = "townhall-staging"
  retention_days   = 30
  key_arn          = "arn:aws:kms:xx-test-1:123456789012:key/0123"
}

run "ranking" {
  module {
    source = "./modules/logs"
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.ranking_done.pattern == "{ $.log = \"ranking done:*\" }"
    error_message = "Only the line itself must be counted, not a log line of a visitor who requests /ranking%20done."
  }
}
