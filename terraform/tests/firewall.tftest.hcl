# The complete list of rules: an additional rule fails like a missing one.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  prefix                    = "townhall-staging"
  vpc_id                    = "vpc-0123"
  cluster_security_group_id = "sg-cluster"
  visitor_cidrs             = ["0.0.0.0/0"]
}

run "rules" {
  module {
    source = "./modules/firewall"
  }

  assert {
    condition = length(setsubtract([for rule in local.ingress : "${coalesce(rule.peer, rule.cidr)} > ${rule.group} ${rule.protocol} ${rule.port}"], [
      "0.0.0.0/0 > load-balancer tcp 80",
      "0.0.0.0/0 > load-balancer tcp 443",
      "load-balancer > web tcp 8000",
      "cluster > web tcp 8000",
      "cluster > web tcp 10250",
      "cluster > jobs tcp 10250",
      "web > database tcp 5432",
      "jobs > database tcp 5432",
      "web > cluster tcp 443",
      "jobs > cluster tcp 443",
      "web > cluster tcp 53",
      "web > cluster udp 53",
      "jobs > cluster tcp 53",
      "jobs > cluster udp 53",
    ])) == 0 && length(local.ingress) == 14
    error_message = "There must be exactly these ingress rules."
  }

  assert {
    condition = length(setsubtract([for rule in local.egress : "${rule.group} > ${coalesce(rule.peer, rule.cidr)} ${rule.protocol} ${rule.port}"], [
      "load-balancer > web tcp 8000",
      "web > database tcp 5432",
      "jobs > database tcp 5432",
      "web > 0.0.0.0/0 tcp 443",
      "jobs > 0.0.0.0/0 tcp 443",
      "web > 0.0.0.0/0 tcp 587",
      "jobs > 0.0.0.0/0 tcp 587",
      "web > cluster tcp 53",
      "web > cluster udp 53",
      "jobs > cluster tcp 53",
      "jobs > cluster udp 53",
    ])) == 0 && length(local.egress) == 11
    error_message = "There must be exactly these egress rules, and none of the database."
  }

  assert {
    condition     = alltrue([for key, rule in aws_vpc_security_group_ingress_rule.this : rule.from_port == rule.to_port && (rule.cidr_ipv4 == null) != (rule.referenced_security_group_id == null)])
    error_message = "Each rule must open one port to one peer."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["database-from-web"].security_group_id == aws_security_group.this["database"].id && aws_vpc_security_group_ingress_rule.this["database-from-web"].referenced_security_group_id == aws_security_group.this["web"].id
    error_message = "Each rule must have its own group and peer."
  }
}

run "closed_site" {
  module {
    source = "./modules/firewall"
  }

  variables {
    visitor_cidrs = ["198.51.100.0/24", "203.0.113.7/32"]
  }

  assert {
    condition     = length([for rule in local.ingress : rule if rule.group == "load-balancer"]) == 4 && !contains([for rule in local.ingress : coalesce(rule.cidr, "-")], "0.0.0.0/0")
    error_message = "A restricted site must only be open to its visitors."
  }
}
