# Three kinds of subnets in three zones: public for the load balancer and NAT, private for pods, isolated for the database.
data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:the first three zones by name are used; a new zone of a region gets a later letter
  state            = "available"
  exclude_zone_ids = var.excluded_zone_ids

  # Local zones are not zones of the region.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }

  lifecycle {
    postcondition {
      condition     = length(self.names) >= 3
      error_message = "The region has fewer than three zones that EKS can use, and the network needs three. Choose another region, or look at excluded_zone_ids."
    }
  }
}

locals {
  zones = slice(sort(data.aws_availability_zones.this.names), 0, 3)

  # Each Fargate pod has its own address. Private subnets are /20, the others are /24 at the end of the network.
  subnets = { for index, zone in local.zones : zone => {
    private  = cidrsubnet(var.cidr, 4, index)
    public   = cidrsubnet(var.cidr, 8, 240 + index)
    isolated = cidrsubnet(var.cidr, 8, 250 + index)
  } }

  nat_zones = var.nat_per_zone ? local.zones : slice(local.zones, 0, 1)
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = var.prefix }
}

# The network's default group allows nothing. A resource without a group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

# The load balancer controller finds the subnets by these tags.
resource "aws_subnet" "public" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.public

  tags = {
    Name                                        = "${var.prefix}-public-${each.key}"
    "kubernetes.io/role/elb"                    = "1"
    "kubernetes.io/cluster/${var.cluster_name}" = "shared"
  }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.private

  tags = {
    Name                                        = "${var.prefix}-private-${each.key}"
    "kubernetes.io/role/internal-elb"           = "1"
    "kubernetes.io/cluster/${var.cluster_name}" = "shared"
  }
}

resource "aws_subnet" "isolated" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.isolated

  tags = { Name = "${var.prefix}-isolated-${each.key}" }
}
