output "group_name" {
  description = "Log group of the app."
  value       = aws_cloudwatch_log_group.app.name
}

output "group_arn" {
  description = "ARN of the log group."
  value       = aws_cloudwatch_log_group.app.arn
}

output "ranking_metric" {
  description = "Metric that counts runs of the daily ranking."
  value       = one(aws_cloudwatch_log_metric_filter.ranking_done.metric_transformation).name
}

output "verify_metric" {
  description = "Metric that counts checks in which every promise about the data held."
  value       = one(aws_cloudwatch_log_metric_filter.verify_done.metric_transformation).name
}
