mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  prefix               = "townhall-staging"
  alarm_email          = "ops@example.org"
  deployed             = true
  load_balancer        = "app/k8s-townhall-web/0123456789abcdef"
  database             = "townhall-staging"
  database_storage_gib = 20
  log_group            = "/townhall/staging/app"
  mail_identity        = "townhall.example.org"
  ranking_metric       = "RankingDone"
  verify_metric        = "VerifyDone"
  metric_namespace     = "townhall-staging"
  key_arn              = "arn:aws:kms:xx-test-1:123456789012:key/0123"
}

run "deployed" {
  command = plan

  module {
    source = "./modules/observability"
  }

  assert {
    condition     = join(" ", [for alarm in aws_cloudwatch_metric_alarm.errors : alarm.metric_name]) == "HTTPCode_Target_5XX_Count HTTPCode_ELB_5XX_Count" && length(aws_cloudwatch_metric_alarm.latency) == 1 && length(aws_cloudwatch_metric_alarm.ranking) == 1 && length(aws_cloudwatch_metric_alarm.verify) == 1
    error_message = "Errors, latency, the ranking and the promises must have alarms."
  }

  # CloudWatch evaluates at most 604,800 seconds, and 86,400 if a period is shorter than an hour.
  assert {
    condition = alltrue([
      for query in aws_cloudwatch_metric_alarm.ranking[0].metric_query :
      try(query.metric[0].period >= 3600 && query.metric[0].period * aws_cloudwatch_metric_alarm.ranking[0].evaluation_periods == 26 * 3600, true)
    ])
    error_message = "The ranking's alarm must look back 26 hours, in periods that CloudWatch accepts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.ranking[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.ranking[0].datapoints_to_alarm == 26
    error_message = "Missing data must be an alarm, and one run must end it."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.database["database-storage"].threshold == 1073741824
    error_message = "The threshold must be a twentieth of 20 GiB, in bytes."
  }
}

run "mail" {
  command = plan

  module {
    source = "./modules/observability"
  }

  assert {
    condition = alltrue([
      for type in ["Bounce", "Complaint"] : aws_ses_identity_notification_topic.this[type].topic_arn == aws_sns_topic.alarms.arn && aws_ses_identity_notification_topic.this[type].identity == "townhall.example.org"
    ])
    error_message = "Bounces and complaints must reach the recipient of the alarms."
  }

  assert {
    condition     = join(" ", sort(one(data.aws_iam_policy_document.topic.statement[0].principals).identifiers)) == "cloudwatch.amazonaws.com ses.amazonaws.com" && one(data.aws_iam_policy_document.topic.statement[0].condition).variable == "aws:SourceAccount"
    error_message = "CloudWatch and SES must be able to publish, for this account only."
  }
}

run "infrastructure_alone" {
  command = plan

  module {
    source = "./modules/observability"
  }

  variables {
    deployed      = false
    load_balancer = null
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.errors) + length(aws_cloudwatch_metric_alarm.latency) + length(aws_cloudwatch_metric_alarm.ranking) == 0 && length(aws_cloudwatch_metric_alarm.database) == 2
    error_message = "Without a load balancer only the database must have alarms."
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "ApplicationELB")
    error_message = "The dashboard must only show existing resources."
  }
}
