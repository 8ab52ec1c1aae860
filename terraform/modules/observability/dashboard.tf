# One page that shows whether visitors are served, and if not, where to look.
locals {
  region = data.aws_region.current.name

  visitor_graphs = var.deployed ? [
    {
      title = "Requests", stat = "Sum"
      metrics = [
        ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.load_balancer],
        ["AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", "LoadBalancer", var.load_balancer],
        ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", var.load_balancer],
        ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", var.load_balancer],
      ]
    },
    {
      title   = "Seconds to answer, 95 of 100", stat = "p95"
      metrics = [["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.load_balancer]]
    },
  ] : []

  other_graphs = [
    {
      title   = "Database: processors, %", stat = "Average"
      metrics = [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.database]]
    },
    {
      title   = "Database: connections", stat = "Maximum"
      metrics = [["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", var.database]]
    },
    {
      title = "Database: free storage and memory, bytes", stat = "Minimum"
      metrics = [
        ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", var.database],
        ["AWS/RDS", "FreeableMemory", "DBInstanceIdentifier", var.database],
      ]
    },
    {
      title   = "Runs of the daily ranking", stat = "Sum"
      metrics = [[var.metric_namespace, var.ranking_metric]]
    },
  ]

  graphs = [for graph in concat(local.visitor_graphs, local.other_graphs) : {
    type       = "metric"
    width      = 12
    height     = 6
    properties = merge(graph, { region = local.region, view = "timeSeries", period = 300 })
  }]

  errors = {
    type   = "log"
    width  = 24
    height = 8
    properties = {
      title  = "Last errors"
      region = local.region
      view   = "table"
      query  = "SOURCE '${var.log_group}' | fields @timestamp, @message | filter status >= 500 or level in ['ERROR', 'CRITICAL'] | sort @timestamp desc | limit 50"
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix
  dashboard_body = jsonencode({ widgets = concat(local.graphs, [local.errors]) })
}
