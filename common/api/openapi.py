"""OpenAPI 3.1 made of the Swagger 2.0 document, for the client generators of today.

drf-yasg writes Swagger 2.0 only. What that cannot say, such as null as a type, is read from drf-yasg's extensions.
Source: the OpenAPI Specification, versions 2.0 and 3.1.0.
"""

import re
from typing import Any

JSON = "application/json"
# The keys of a Swagger parameter that describe its value.
VALUE_KEYS = {"type", "format", "enum", "default", "items", "pattern", "example"}
VALUE_KEYS |= {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
FILE = {"type": "string", "format": "binary"}

Document = dict[str, Any]


def openapi_of(swagger: Document) -> Document:
    """Returns a Swagger 2.0 document as OpenAPI 3.1."""
    server = f"{swagger['schemes'][0]}://{swagger['host']}{swagger['basePath'].rstrip('/')}"
    return {
        "openapi": "3.1.0",
        "info": swagger["info"],
        "servers": [{"url": server}],
        "security": swagger["security"],
        "paths": {
            path: path_of(entry, swagger["produces"], links_of(path, swagger["paths"]))
            for path, entry in swagger["paths"].items()
        },
        "components": {
            "schemas": {name: schema_of(schema) for name, schema in swagger["definitions"].items()},
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": scheme["description"]}
                for name, scheme in swagger["securityDefinitions"].items()
            },
        },
    }


def path_of(entry: Document, produces: list[str], links: Document) -> Document:
    found: Document = {name: operation_of(value, produces) for name, value in entry.items() if name in METHODS}
    created = found.get("post", {}).get("responses", {}).get("201", {})
    if links and "Location" in created.get("headers", {}):
        created["links"] = links
    if entry.get("parameters"):
        found["parameters"] = [parameter_of(parameter) for parameter in entry["parameters"]]
    return found


def links_of(path: str, paths: Document) -> Document:
    """Returns links from a row that a POST to a path creates to the operations on that row.

    There are none to devices, whose `id` in an answer is more than that in their paths.
    """
    pattern = re.compile(rf"{re.escape(path)}\{{(?P<name>ref|\w+_id)\}}/[^{{]*")
    links = {}
    for other, entry in paths.items():
        if match := pattern.fullmatch(other):
            name = match["name"]
            parameters = {name: f"$response.body#/{'ref' if name == 'ref' else 'id'}"}
            for identifier in (entry[method]["operationId"] for method in METHODS & entry.keys()):
                links[identifier] = {"operationId": identifier, "parameters": parameters}
    return dict(sorted(links.items()))


def operation_of(operation: Document, produces: list[str]) -> Document:
    kept: Document = {
        name: operation.get(name) for name in ("operationId", "summary", "description", "tags", "security")
    }
    kept = {name: value for name, value in kept.items() if value not in (None, "")}
    given = operation["parameters"]
    kept["parameters"] = [parameter_of(one) for one in given if one["in"] in ("path", "query", "header")]
    if body := body_of(given, operation.get("consumes", [JSON])):
        kept["requestBody"] = body
    kept["responses"] = {
        status: response_of(response, operation.get("produces", produces) if status < "300" else [JSON])
        for status, response in operation["responses"].items()
    }
    return kept


def parameter_of(parameter: Document) -> Document:
    about: Document = {name: parameter[name] for name in ("name", "in", "description") if name in parameter}
    value = {name: parameter[name] for name in VALUE_KEYS & parameter.keys()}
    return {**about, "required": parameter.get("required", False), "schema": schema_of(value)}


def body_of(parameters: list[Document], consumes: list[str]) -> Document | None:
    for parameter in parameters:
        if parameter["in"] == "body":
            return {"required": True, "content": content_of(schema_of(parameter["schema"]), consumes)}
    parts = [parameter for parameter in parameters if parameter["in"] == "formData"]
    if not parts:
        return None
    form = {
        "type": "object",
        "required": [part["name"] for part in parts if part.get("required")],
        "properties": {
            part["name"]: {"description": part.get("description", ""), **parameter_of(part)["schema"]} for part in parts
        },
    }
    return {"required": True, "content": content_of(form, consumes)}


def content_of(schema: Document, media_types: list[str]) -> Document:
    return {media_type: {"schema": schema} for media_type in media_types}


def response_of(response: Document, produces: list[str]) -> Document:
    about: Document = {"description": response["description"]}
    if "headers" in response:
        about["headers"] = {name: header_of(header) for name, header in response["headers"].items()}
    if "schema" not in response:
        return about
    content = {
        media_type: {"schema": schema_of(response["schema"]) if media_type == JSON else {"type": "string"}}
        for media_type in produces
    }
    for media_type, example in response.get("examples", {}).items():
        content[media_type]["example"] = example
    return {**about, "content": content}


def header_of(header: Document) -> Document:
    return {
        "description": header["description"],
        "schema": {name: value for name, value in header.items() if name != "description"},
    }


def schema_of(schema: Document) -> Document:
    """Returns a schema of Swagger 2.0 as JSON Schema 2020-12, which OpenAPI 3.1 uses."""
    kept = {name: converted(name, value) for name, value in schema.items() if not name.startswith("x-")}
    if "example" in kept:
        kept["examples"] = [kept.pop("example")]
    if kept.get("type") == "file":
        kept |= FILE
    if "allOf" in kept:
        return reference_of(kept, is_nullable=schema.get("x-nullable", False))
    if not schema.get("x-nullable"):
        return kept
    kept["type"] = [kept["type"], "null"]
    if "enum" in kept:
        kept["enum"] = [*kept["enum"], None]
    return kept


def reference_of(kept: Document, *, is_nullable: bool) -> Document:
    """Returns a reference with its description, and with null if it may be. Swagger 2.0 needs `allOf` for that."""
    (reference,) = kept["allOf"]
    about = {"description": kept["description"]} if "description" in kept else {}
    return about | ({"anyOf": [reference, {"type": "null"}]} if is_nullable else reference)


def converted(name: str, value: Any) -> Any:
    """Returns the value of a key of a schema."""
    if name == "$ref":
        return value.replace("#/definitions/", "#/components/schemas/")
    if name == "properties":
        return {field: schema_of(schema) for field, schema in value.items()}
    if name in ("items", "additionalProperties") and isinstance(value, dict):
        return schema_of(value)
    return [schema_of(schema) for schema in value] if name == "allOf" else value
