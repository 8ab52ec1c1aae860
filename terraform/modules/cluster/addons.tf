# vpc-cni and kube-proxy are DaemonSets. Fargate has its own versions of both; these run once the cluster has other nodes.
locals {
  addons = {
    vpc-cni    = null
    kube-proxy = null
    # By default CoreDNS requires EC2 nodes and would stay pending forever.
    coredns = jsonencode({
      computeType  = "Fargate"
      replicaCount = 2
      resources = {
        limits   = { cpu = "0.25", memory = "256M" }
        requests = { cpu = "0.25", memory = "256M" }
      }
    })
  }
}

resource "aws_eks_addon" "this" {
  for_each = local.addons

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  depends_on = [aws_eks_fargate_profile.this]
}
