"""Checks of our manifests beyond the schemas of Kubernetes. Each check yields a sentence for each problem."""
