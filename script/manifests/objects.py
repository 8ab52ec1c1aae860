"""The rendered objects, and how to find something in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Object = dict[str, Any]
POD_PATHS = {
    "Deployment": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
}


def at(thing: Any, path: str, default: Any = None) -> Any:
    """What lies at a path of names and numbers with dots between, or the default."""
    for part in path.split("."):
        if isinstance(thing, list) and part.isdigit() and int(part) < len(thing):
            thing = thing[int(part)]
        elif isinstance(thing, dict) and part in thing:
            thing = thing[part]
        else:
            return default
    return thing


def leaves(thing: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that is no list or mapping, with its path; places in lists are left out of it."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(thing, list):
        for value in thing:
            yield from leaves(value, path)
    else:
        yield path, thing


def title(thing: Object) -> str:
    return f"{thing.get('kind')}/{at(thing, 'metadata.name')}"


def annotations(thing: Object) -> dict[str, str]:
    found: dict[str, str] = at(thing, "metadata.annotations", {})
    return found


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a selector of a Deployment, PodDisruptionBudget or SecurityGroupPolicy means a pod with these labels."""
    terms = [labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()]
    for term in selector.get("matchExpressions", []):
        terms.append(term["operator"] == "In" and labels.get(term["key"]) in term["values"])
    return bool(terms) and all(terms)


@dataclass
class Pod:
    """What a Deployment, Job or CronJob makes."""

    owner: Object

    @property
    def name(self) -> str:
        return title(self.owner)

    @property
    def template(self) -> Object:
        found: Object = at(self.owner, POD_PATHS[self.owner["kind"]], {})
        return found

    @property
    def spec(self) -> Object:
        found: Object = self.template.get("spec", {})
        return found

    @property
    def labels(self) -> dict[str, str]:
        found: dict[str, str] = at(self.template, "metadata.labels", {})
        return found

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


class Manifests:
    def __init__(self, objects: list[Object]) -> None:
        self.objects = objects

    @classmethod
    def parse(cls, text: str) -> "Manifests":
        return cls([thing for thing in yaml.safe_load_all(text) if thing])

    def of(self, kind: str) -> list[Object]:
        return [thing for thing in self.objects if thing.get("kind") == kind]

    def one(self, kind: str, name: str) -> Object:
        """The object, or an empty one."""
        return next((thing for thing in self.of(kind) if at(thing, "metadata.name") == name), {})

    def names(self, kind: str) -> set[str]:
        return {at(thing, "metadata.name") for thing in self.of(kind)}

    @property
    def pods(self) -> list[Pod]:
        return [Pod(thing) for thing in self.objects if thing.get("kind") in POD_PATHS]

    @property
    def settings(self) -> dict[str, str]:
        """What the pods read from the ConfigMap with a hash in its name."""
        found = [thing for thing in self.of("ConfigMap") if re.fullmatch(r"townhall-settings-\w+", title(thing)[10:])]
        return found[0]["data"] if len(found) == 1 else {}
