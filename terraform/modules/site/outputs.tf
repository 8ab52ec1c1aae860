output "load_balancer" {
  description = "CloudWatch's name of the load balancer."
  value       = data.aws_lb.this.arn_suffix
}
