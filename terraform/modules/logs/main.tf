resource "aws_cloudwatch_log_group" "app" {
  #checkov:skip=CKV_AWS_338:retention is a variable
  name              = var.name
  retention_in_days = var.retention_days
  kms_key_id        = var.key_arn
}

# Matches the last line of `manage update_daily_ranking`. The log router puts a line that is not JSON into the field `log`. Lines of
# the server are JSON and have no such field, so a visitor's path cannot be mistaken for a run of the ranking.
resource "aws_cloudwatch_log_metric_filter" "ranking_done" {
  name           = "ranking-done"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "{ $.log = \"ranking done:*\" }"

  metric_transformation {
    namespace     = var.metric_namespace
    name          = "RankingDone"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

# Matches the line that `manage verify` prints if every promise holds.
resource "aws_cloudwatch_log_metric_filter" "verify_done" {
  name           = "verify-done"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "{ $.log = \"verify done:*\" }"

  metric_transformation {
    namespace     = var.metric_namespace
    name          = "VerifyDone"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}
