# Fargate has its own network plugin and proxy, so CoreDNS is the only add-on. Its version follows that of Kubernetes. The table in
# docs/deployment.md says what else an upgrade needs.
data "aws_eks_addon_version" "coredns" {
  addon_name         = "coredns"
  kubernetes_version = var.kubernetes_version
}

resource "aws_eks_addon" "coredns" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "coredns"
  addon_version               = data.aws_eks_addon_version.coredns.version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  # By default CoreDNS requires EC2 nodes and would stay pending forever.
  configuration_values = jsonencode({
    computeType  = "Fargate"
    replicaCount = 2
    resources = {
      limits   = { cpu = "0.25", memory = "256M" }
      requests = { cpu = "0.25", memory = "256M" }
    }
  })

  depends_on = [aws_eks_fargate_profile.this]
}

# Clusters that were made when there were three add-ons keep their CoreDNS.
moved {
  from = aws_eks_addon.this["coredns"]
  to   = aws_eks_addon.coredns
}
