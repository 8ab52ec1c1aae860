"""What the schemas of Kubernetes do not say about our manifests: each check gives sentences about what is wrong."""
