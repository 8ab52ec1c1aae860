resource "aws_acm_certificate" "this" {
  domain_name       = var.domain
  validation_method = "DNS"

  # The load balancer can release the old certificate only after it has the new one.
  lifecycle {
    create_before_destroy = true
  }
}

# One record for the one name. It stays, because renewals check it again.
locals {
  validation = one(aws_acm_certificate.this.domain_validation_options)
}

resource "aws_route53_record" "validation" {
  zone_id         = var.zone_id
  name            = local.validation.resource_record_name
  type            = local.validation.resource_record_type
  records         = [local.validation.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}
