output "identifier" {
  description = "Identifier of the instance, for alarms and restores."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "Host name of the database."
  value       = aws_db_instance.this.address
}

output "name" {
  description = "Name of the database."
  value       = aws_db_instance.this.db_name
}

output "final_snapshot" {
  description = "Name of the snapshot that a destroy leaves; empty if it leaves none."
  value       = var.protected ? local.final_snapshot : ""
}

output "master_secret_arn" {
  description = "The secret that RDS keeps for the master, with the keys username and password. A restored instance has none until RDS is told to create it."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}
