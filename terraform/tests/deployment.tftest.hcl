# Which changes cause a deployment. The commands do nothing here: Terraform runs them, and fails if they fail.
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
    error_message = "Without a change there must be no deployment."
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
    error_message = "Another image must be deployed."
  }

  assert {
    condition     = run.same_again.image == "registry.example.net/townhall@sha256:aa" && output.image == "registry.example.net/townhall@sha256:bb"
    error_message = "The image that runs must be the deployed one."
  }
}

run "back_to_the_first" {
  module {
    source = "./modules/deployment"
  }

  assert {
    condition     = output.id != run.another_image.id
    error_message = "The previous digest must be deployed again: a rollback."
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
    error_message = "A changed manifest must be deployed."
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
    error_message = "A changed setting must be deployed."
  }
}
