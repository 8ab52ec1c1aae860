# Fargate does not enforce NetworkPolicies, so security groups of pods (SecurityGroupPolicy) are the only network restriction. A pod
# with such groups does not have the cluster's group, so everything that it needs is allowed here.
locals {
  groups = {
    load-balancer = "Visitors to the load balancer"
    web           = "Pods that serve"
    jobs          = "Pods of the jobs"
    database      = "PostgreSQL"
  }

  pods = ["web", "jobs"]

  app_port = 8000

  ingress = merge(
    { for pair in setproduct([80, 443], var.visitor_cidrs) : "load-balancer-${pair[0]}-${pair[1]}" => {
      group = "load-balancer", port = pair[0], protocol = "tcp", cidr = pair[1], peer = null, why = "Visitors; 80 redirects to 443"
    } },
    {
      web-from-load-balancer = {
        group = "web", port = local.app_port, protocol = "tcp", cidr = null, peer = "load-balancer", why = "Requests and health checks"
      }
      web-from-cluster = {
        group = "web", port = local.app_port, protocol = "tcp", cidr = null, peer = "cluster", why = "Probes, and a Prometheus in the cluster"
      }
    },
    { for pod in local.pods : "database-from-${pod}" => {
      group = "database", port = 5432, protocol = "tcp", cidr = null, peer = pod, why = "SQL over TLS"
    } },
    { for pod in local.pods : "${pod}-kubelet" => {
      group = pod, port = 10250, protocol = "tcp", cidr = null, peer = "cluster", why = "Control plane and metrics-server to the kubelet"
    } },
    { for pod in local.pods : "cluster-api-from-${pod}" => {
      group = "cluster", port = 443, protocol = "tcp", cidr = null, peer = pod, why = "Kubelet to the control plane"
    } },
    { for pair in setproduct(["tcp", "udp"], local.pods) : "cluster-dns-${pair[0]}-from-${pair[1]}" => {
      group = "cluster", port = 53, protocol = pair[0], cidr = null, peer = pair[1], why = "CoreDNS"
    } },
  )

  # 443 is open to all addresses: the image registry, STS, S3 and CloudWatch have no fixed addresses, and the seven interface endpoints
  # for them cost more than everything else in a small environment.
  egress = merge(
    {
      load-balancer-to-web = {
        group = "load-balancer", port = local.app_port, protocol = "tcp", cidr = null, peer = "web", why = "Requests and health checks"
      }
    },
    { for pod in local.pods : "${pod}-to-mail" => {
      group = pod, port = 587, protocol = "tcp", cidr = "0.0.0.0/0", peer = null, why = "SES by SMTP with STARTTLS"
    } },
    { for pod in local.pods : "${pod}-to-database" => {
      group = pod, port = 5432, protocol = "tcp", cidr = null, peer = "database", why = "SQL over TLS"
    } },
    { for pod in local.pods : "${pod}-to-https" => {
      group = pod, port = 443, protocol = "tcp", cidr = "0.0.0.0/0", peer = null, why = "Control plane and AWS APIs"
    } },
    { for pair in setproduct(["tcp", "udp"], local.pods) : "${pair[1]}-to-dns-${pair[0]}" => {
      group = pair[1], port = 53, protocol = pair[0], cidr = null, peer = "cluster", why = "CoreDNS"
    } },
  )

  ids = merge({ for name, group in aws_security_group.this : name => group.id }, { cluster = var.cluster_security_group_id })
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:pods and the load balancer use them through SecurityGroupPolicy and Ingress
  for_each = local.groups

  name        = "${var.prefix}-${each.key}"
  description = each.value
  vpc_id      = var.vpc_id

  tags = { Name = "${var.prefix}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  #checkov:skip=CKV_AWS_260:80 only redirects to 443
  for_each = local.ingress

  security_group_id            = local.ids[each.value.group]
  referenced_security_group_id = each.value.peer == null ? null : local.ids[each.value.peer]
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = each.value.why
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.egress

  security_group_id            = local.ids[each.value.group]
  referenced_security_group_id = each.value.peer == null ? null : local.ids[each.value.peer]
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = each.value.why
}
