# The controller creates and tags the load balancer while script/deploy waits. It is then looked up by these tags, so that Terraform
# manages the site's record and the alarms, and no controller needs access to the zone.
data "aws_lb" "this" {
  tags = {
    "elbv2.k8s.aws/cluster" = var.cluster_name
    "ingress.k8s.aws/stack" = var.ingress
  }
}

resource "aws_route53_record" "site" {
  zone_id = var.zone_id
  name    = var.domain
  type    = "A"

  alias {
    name                   = data.aws_lb.this.dns_name
    zone_id                = data.aws_lb.this.zone_id
    evaluate_target_health = false # there is no other target
  }
}
