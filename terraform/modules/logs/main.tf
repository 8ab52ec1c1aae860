resource "aws_cloudwatch_log_group" "app" {
  #checkov:skip=CKV_AWS_338:retention is a variable
  name              = var.name
  retention_in_days = var.retention_days
  kms_key_id        = var.key_arn
}

# The last line of `manage update_daily_ranking`, as the router wraps what is no JSON. Lines of the server are JSON, which it puts in
# place of the field: so no visitor's path passes for a run of the ranking.
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
