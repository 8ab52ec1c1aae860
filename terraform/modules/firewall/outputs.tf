output "load_balancer_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.this["load-balancer"].id
}

output "web_id" {
  description = "Security group of the pods that serve."
  value       = aws_security_group.this["web"].id
}

output "jobs_id" {
  description = "Security group of the pods of jobs."
  value       = aws_security_group.this["jobs"].id
}

output "database_id" {
  description = "Security group of the database."
  value       = aws_security_group.this["database"].id
}
