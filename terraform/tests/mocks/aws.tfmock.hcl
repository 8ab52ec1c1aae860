# Answers in place of AWS: enough for plans, with values of the right form.
mock_data "aws_availability_zones" {
  defaults = { names = ["xx-test-1c", "xx-test-1a", "xx-test-1d", "xx-test-1b"] }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "xx-test-1" }
}

mock_data "aws_route53_zone" {
  defaults = { name = "example.org", zone_id = "Z0123456789ABC" }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

mock_data "aws_eks_addon_version" {
  defaults = { version = "v1.13.2-eksbuild.4" }
}

mock_data "aws_kms_alias" {
  defaults = { target_key_arn = "arn:aws:kms:xx-test-1:123456789012:key/0123" }
}

mock_data "aws_lb" {
  defaults = { arn_suffix = "app/k8s-townhall-web/0123456789abcdef", dns_name = "lb.example.net", zone_id = "ZLB0123456789" }
}

mock_resource "aws_eks_cluster" {
  defaults = {
    identity   = [{ oidc = [{ issuer = "https://oidc.eks.xx-test-1.amazonaws.com/id/0123456789" }] }]
    vpc_config = { cluster_security_group_id = "sg-cluster" }
  }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "townhall.db.example.net"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:xx-test-1:123456789012:secret:rds!db-0123" }]
  }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    arn = "arn:aws:acm:xx-test-1:123456789012:certificate/0123"
    domain_validation_options = [{
      domain_name           = "townhall.example.org"
      resource_record_name  = "_0.townhall.example.org"
      resource_record_type  = "CNAME"
      resource_record_value = "_1.acm-validations.aws"
    }]
  }
}

mock_resource "aws_acm_certificate_validation" {
  defaults = { certificate_arn = "arn:aws:acm:xx-test-1:123456789012:certificate/0123" }
}

mock_resource "aws_ses_domain_dkim" {
  defaults = { dkim_tokens = ["one", "two", "three"] }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
}

mock_resource "aws_iam_openid_connect_provider" {
  defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/mock" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:xx-test-1:123456789012:key/0123" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:xx-test-1:123456789012:log-group:mock" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mock" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:xx-test-1:123456789012:secret:mock" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:xx-test-1:123456789012:mock" }
}

mock_resource "aws_ses_domain_identity" {
  defaults = { arn = "arn:aws:ses:xx-test-1:123456789012:identity/townhall.example.org" }
}
