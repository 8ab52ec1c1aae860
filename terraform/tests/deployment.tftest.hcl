# When a deployment runs again. The commands do nothing here; that they run, and that a failure fails the apply, is Terraform's.
variables {
  image       = "registry.example.net/townhall@sha256:aa"
  command     = "true"
  repository  = "."
  manifests   = { "terraform/kubernetes/base/web.yaml" = "1" }
  environment = { CLUSTER = "townhall-staging", REGION = "xx-test-1", NAMESPACE = "townhall" }
}

run "first" {
  module {
    source = "./modules/deployment"
  }
}

run "same_again" {
  module {
    source = "./modules/deployment"
  }

  assert {
    condition     = output.id == run.first.id
    error_message = "What did not change is not deployed again."
  }
}

run "another_image" {
  module {
    source = "./modules/deployment"
  }

  variables {
    image = "registry.example.net/townhall@sha256:bb"
  }

  assert {
    condition     = output.id != run.same_again.id
    error_message = "Another image is deployed."
  }

  assert {
    condition     = run.same_again.image == "registry.example.net/townhall@sha256:aa" && output.image == "registry.example.net/townhall@sha256:bb"
    error_message = "What runs is what was deployed."
  }
}

run "back_to_the_first" {
  module {
    source = "./modules/deployment"
  }

  assert {
    condition     = output.id != run.another_image.id
    error_message = "The previous digest is deployed again: a roll back."
  }
}

run "another_manifest" {
  module {
    source = "./modules/deployment"
  }

  variables {
    manifests = { "terraform/kubernetes/base/web.yaml" = "2" }
  }

  assert {
    condition     = output.id != run.back_to_the_first.id
    error_message = "A changed manifest is deployed."
  }
}

run "another_setting" {
  module {
    source = "./modules/deployment"
  }

  variables {
    manifests   = { "terraform/kubernetes/base/web.yaml" = "2" }
    environment = { CLUSTER = "townhall-staging", REGION = "xx-test-1", NAMESPACE = "townhall", HOST = "townhall.example.org" }
  }

  assert {
    condition     = output.id != run.another_manifest.id
    error_message = "A changed setting is deployed."
  }
}
