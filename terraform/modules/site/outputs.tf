output "load_balancer" {
  description = "The load balancer as CloudWatch names it."
  value       = data.aws_lb.this.arn_suffix
}
