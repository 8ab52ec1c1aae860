"""The rendered objects, and how to find values in them."""

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


def at(item: Any, path: str, default: Any = None) -> Any:
    """Returns the value at a path of names and indexes separated by dots, or the default."""
    for part in path.split("."):
        if isinstance(item, list) and part.isdigit() and int(part) < len(item):
            item = item[int(part)]
        elif isinstance(item, dict) and part in item:
            item = item[part]
        else:
            return default
    return item


def leaves(item: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each value that is not a list or a mapping, with its path. The path leaves out the indexes of lists."""
    if isinstance(item, dict):
        for key, value in item.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(item, list):
        for value in item:
            yield from leaves(value, path)
    else:
        yield path, item


def title(item: Object) -> str:
    return f"{item.get('kind')}/{at(item, 'metadata.name')}"


def annotations(item: Object) -> dict[str, str]:
    found: dict[str, str] = at(item, "metadata.annotations", {})
    return found


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether the selector of a Deployment, PodDisruptionBudget or SecurityGroupPolicy matches a pod's labels."""
    terms = [labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()]
    for term in selector.get("matchExpressions", []):
        terms.append(term["operator"] == "In" and labels.get(term["key"]) in term["values"])
    return bool(terms) and all(terms)


@dataclass
class Pod:
    """The pods that a Deployment, Job or CronJob creates."""

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
        return cls([item for item in yaml.safe_load_all(text) if item])

    def of(self, kind: str) -> list[Object]:
        return [item for item in self.objects if item.get("kind") == kind]

    def one(self, kind: str, name: str) -> Object:
        """Returns the object, or an empty one if it does not exist."""
        return next((item for item in self.of(kind) if at(item, "metadata.name") == name), {})

    def names(self, kind: str) -> set[str]:
        return {at(item, "metadata.name") for item in self.of(kind)}

    @property
    def pods(self) -> list[Pod]:
        return [Pod(item) for item in self.objects if item.get("kind") in POD_PATHS]

    @property
    def settings(self) -> dict[str, str]:
        """The settings that pods read from the ConfigMap with a hash in its name."""
        found = [item for item in self.of("ConfigMap") if re.fullmatch(r"townhall-settings-\w+", title(item)[10:])]
        return found[0]["data"] if len(found) == 1 else {}
