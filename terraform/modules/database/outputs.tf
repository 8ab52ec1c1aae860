output "identifier" {
  description = "The instance, as alarms and restores name it."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "Where the database listens."
  value       = aws_db_instance.this.address
}

output "name" {
  description = "The database."
  value       = aws_db_instance.this.db_name
}

output "master_secret_arn" {
  description = "The secret that RDS keeps for the master: keys username and password. None, until RDS is told to, in a restored instance."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}
