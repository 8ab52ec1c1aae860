output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "zones" {
  description = "The three zones."
  value       = local.zones
}

output "private_subnet_ids" {
  description = "Subnets of pods, one in each zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "isolated_subnet_ids" {
  description = "Subnets of the database, one in each zone."
  value       = [for zone in local.zones : aws_subnet.isolated[zone].id]
}

output "nat_addresses" {
  description = "Addresses from which the pods reach the internet."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}
