# The controller creates the load balancer while script/deploy waits. It is then looked up, so that Terraform manages the site's record
# and the alarms, and no controller needs access to the zone. The Ingress gives it a name, because a look-up by tags reads the tags of
# every load balancer of the account, and a role may not read those of the other environment.
data "aws_lb" "this" {
  name = var.load_balancer_name
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
