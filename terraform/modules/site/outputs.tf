output "load_balancer_name" {
  description = "The name by which the load balancer is looked up."
  value       = data.aws_lb.this.name
}

output "load_balancer" {
  description = "CloudWatch's name of the load balancer."
  value       = data.aws_lb.this.arn_suffix
}
