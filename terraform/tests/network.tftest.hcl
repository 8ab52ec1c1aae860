mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  prefix            = "townhall-staging"
  log_prefix        = "/townhall/staging"
  cidr              = "10.20.0.0/16"
  nat_per_zone      = false
  excluded_zone_ids = []
  cluster_name      = "townhall-staging"
  key_arn           = "arn:aws:kms:xx-test-1:123456789012:key/0123"
  boundary_arn      = "arn:aws:iam::123456789012:policy/townhall-boundary"
}

run "one_nat" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = join(" ", [for zone in local.zones : aws_subnet.private[zone].cidr_block]) == "10.20.0.0/20 10.20.16.0/20 10.20.32.0/20"
    error_message = "Private subnets must be the first three /20."
  }

  assert {
    condition     = join(" ", [for zone in local.zones : aws_subnet.public[zone].cidr_block]) == "10.20.240.0/24 10.20.241.0/24 10.20.242.0/24"
    error_message = "Public subnets must be /24."
  }

  assert {
    condition     = join(" ", [for zone in local.zones : aws_subnet.isolated[zone].cidr_block]) == "10.20.250.0/24 10.20.251.0/24 10.20.252.0/24"
    error_message = "Isolated subnets must be /24."
  }

  assert {
    condition     = join(" ", keys(aws_nat_gateway.this)) == "xx-test-1a" && length(distinct([for route in aws_route.private : route.nat_gateway_id])) == 1
    error_message = "All private routes must lead to the one NAT gateway."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1"]) && alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "Subnets must have the tags of the load balancer controller."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.isolated : length(subnet.tags) == 1])
    error_message = "Isolated subnets must not have the tags of the load balancer controller."
  }
}

run "logs_of_refused_traffic" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "REJECT" && aws_cloudwatch_log_group.flow.retention_in_days == 14
    error_message = "Only refused traffic must be logged, for two weeks, because flow logs cost by the gigabyte."
  }
}

run "two_zones" {
  command = plan

  module {
    source = "./modules/network"
  }

  override_data {
    target          = data.aws_availability_zones.this
    override_during = plan
    values          = { names = ["xx-test-1a", "xx-test-1b"] }
  }

  expect_failures = [data.aws_availability_zones.this]
}

run "nat_in_each_zone" {
  module {
    source = "./modules/network"
  }

  variables {
    nat_per_zone = true
  }

  assert {
    condition     = join(" ", keys(aws_nat_gateway.this)) == "xx-test-1a xx-test-1b xx-test-1c"
    error_message = "Each zone must have a NAT gateway."
  }

  assert {
    condition     = alltrue([for zone, route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "Each zone must use its own NAT gateway."
  }
}
