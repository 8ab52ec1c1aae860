"""Checks of our manifests that Kubernetes' schemas and checkov lack. Each check yields a sentence for each problem."""
