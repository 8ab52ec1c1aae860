locals {
  gib = 1024 * 1024 * 1024

  # An alarm when the threshold is reached for `periods` in a row. Missing data is not an alarm, for example while a database restarts
  # or in a night without visitors.
  database_alarms = {
    database-cpu = {
      metric = "CPUUtilization", statistic = "Average", comparison = "GreaterThanOrEqualToThreshold", threshold = 80, periods = 3
      what   = "The database's processors are busy: look at Performance Insights, then at its size."
    }
    # RDS adds storage below 10 %, at most every six hours. This alarm means that it is too slow or has reached its maximum.
    database-storage = {
      metric    = "FreeStorageSpace", statistic = "Minimum", comparison = "LessThanOrEqualToThreshold",
      threshold = floor(var.database_storage_gib * local.gib / 20), periods = 3
      what      = "The database's storage is nearly full: raise database_max_storage_gib."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each = local.database_alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.what
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = var.database }
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# The app's errors, and those of the load balancer, which answers 502 to 504 if no pod does. These are two alarms instead of a sum: the
# load balancer is looked up again with each deployment, and the provider cannot plan a metric_query with an unknown dimension
# ("inconsistent final plan").
resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.deployed ? { app = "Target", load-balancer = "ELB" } : {}

  alarm_name          = "${var.prefix}-5xx-${each.key}"
  alarm_description   = "Visitors see errors (5xx): look at the log group ${var.log_group}, then at the last deployment."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_${each.value}_5XX_Count"
  dimensions          = { LoadBalancer = var.load_balancer }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 5
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching" # without errors there is no data
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  count = var.deployed ? 1 : 0

  alarm_name          = "${var.prefix}-latency"
  alarm_description   = "One answer in twenty takes a second or more."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = { LoadBalancer = var.load_balancer }
  extended_statistic  = "p95"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # A few requests at night are too few for a percentile.
  evaluate_low_sample_count_percentiles = "ignore"
}

# An alarm after 26 hours without a run: 26 hourly sums that are zero. CloudWatch looks back seven days if a period is an hour or
# longer, and one day if it is shorter. Hours without data count as hours without a run: by FILL if other hours have data, and by
# treat_missing_data if none has. A new site is in alarm until its first midnight, or until a first run by hand.
resource "aws_cloudwatch_metric_alarm" "ranking" {
  count = var.deployed ? 1 : 0

  alarm_name          = "${var.prefix}-ranking"
  alarm_description   = "The daily ranking was not updated for 26 hours: look for it in the log group ${var.log_group}, then at kubectl get cronjob -n townhall."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 26
  datapoints_to_alarm = 26
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "runs"
    expression  = "FILL(done, 0)"
    label       = "Runs in an hour"
    return_data = true
  }

  metric_query {
    id = "done"

    metric {
      namespace   = var.metric_namespace
      metric_name = var.ranking_metric
      period      = 3600
      stat        = "Sum"
    }
  }
}

# The same after 26 hours without a check in which every promise about the data held: one was broken, or none was checked.
resource "aws_cloudwatch_metric_alarm" "verify" {
  count = var.deployed ? 1 : 0

  alarm_name          = "${var.prefix}-verify"
  alarm_description   = "No check found for 26 hours that every promise about the data holds: look for the rows in the log group ${var.log_group}, then at kubectl get cronjob -n townhall."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 26
  datapoints_to_alarm = 26
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "runs"
    expression  = "FILL(done, 0)"
    label       = "Checks in an hour"
    return_data = true
  }

  metric_query {
    id = "done"

    metric {
      namespace   = var.metric_namespace
      metric_name = var.verify_metric
      period      = 3600
      stat        = "Sum"
    }
  }
}
