# Mails come from the site's own domain. They are signed (DKIM), have a return path in the domain (SPF), and have a policy (DMARC).
data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  return_domain = "bounce.${var.domain}"
}

resource "aws_ses_domain_identity" "this" {
  domain = var.domain
}

# The three keys of 2,048 bits that SES creates and rotates itself. Their records also prove that the domain is ours.
resource "aws_ses_domain_dkim" "this" {
  domain = aws_ses_domain_identity.this.domain
}

resource "aws_route53_record" "dkim" {
  count = 3

  zone_id = var.zone_id
  name    = "${aws_ses_domain_dkim.this.dkim_tokens[count.index]}._domainkey.${var.domain}"
  type    = "CNAME"
  ttl     = 1800
  records = ["${aws_ses_domain_dkim.this.dkim_tokens[count.index]}.dkim.amazonses.com"]
}

resource "aws_ses_domain_mail_from" "this" {
  domain           = aws_ses_domain_identity.this.domain
  mail_from_domain = local.return_domain
}

resource "aws_route53_record" "return_mx" {
  zone_id = var.zone_id
  name    = local.return_domain
  type    = "MX"
  ttl     = 1800
  records = ["10 feedback-smtp.${data.aws_region.current.name}.amazonses.com"]
}

resource "aws_route53_record" "spf" {
  zone_id = var.zone_id
  name    = local.return_domain
  type    = "TXT"
  ttl     = 1800
  records = ["v=spf1 include:amazonses.com -all"]
}

resource "aws_route53_record" "dmarc" {
  zone_id = var.zone_id
  name    = "_dmarc.${var.domain}"
  type    = "TXT"
  ttl     = 1800
  records = ["v=DMARC1; p=quarantine"]
}
