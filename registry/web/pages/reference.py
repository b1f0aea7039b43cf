"""The API's reference, made on our side from its own description."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from registry.domain.values import dataclass
from registry.web.parts import parts_of
from registry.web.render import render
from registry.web.routing import page_router

router = page_router()
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    required: bool
    shape: str
    text: str


@dataclass(frozen=True)
class Field:
    name: str
    required: bool
    shape: str
    text: str


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Parameter]
    body: list[Field]
    reply: list[Field]
    example: str


@dataclass(frozen=True)
class ReferencePage:
    title: str
    version: str
    base_url: str
    operations: list[Operation]


@router.get("/api")
def show_reference(request: Request) -> Response:
    schema = request.app.openapi()
    base_url = parts_of(request).settings.base_url
    operations = list(_operations(schema, base_url))
    page = ReferencePage(schema["info"]["title"], schema["info"]["version"], base_url, operations)
    return render(request, "api/reference.html", page, indexed=True)


def _operations(schema: Mapping[str, Any], base_url: str) -> Iterator[Operation]:
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(schema, base_url, path, method, item[method])


def _operation(
    schema: Mapping[str, Any], base_url: str, path: str, method: str, told: Mapping[str, Any]
) -> Operation:
    parameters = [_parameter(each) for each in told.get("parameters", ())]
    body = _content_fields(schema, told.get("requestBody", {}))
    replies = told.get("responses", {})
    success: Mapping[str, Any] = next((replies[code] for code in sorted(replies) if code.startswith("2")), {})
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        text=told.get("description", ""),
        parameters=parameters,
        body=body,
        reply=_content_fields(schema, success),
        example=_example(base_url, path, method, parameters, body),
    )


def _parameter(told: Mapping[str, Any]) -> Parameter:
    shape = _shape(told.get("schema", {}))
    return Parameter(
        told["name"], told["in"], told.get("required", False), shape, told.get("description", "")
    )


def _content_fields(schema: Mapping[str, Any], told: Mapping[str, Any]) -> list[Field]:
    content: Mapping[str, Any] = next(iter(told.get("content", {}).values()), {})
    shape = _resolve(schema, content.get("schema", {}))
    if shape.get("type") == "array":
        shape = _resolve(schema, shape["items"])
    required = shape.get("required", ())
    return [
        Field(name, name in required, _shape(each), each.get("description", ""))
        for name, each in shape.get("properties", {}).items()
    ]


def _resolve(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = shape.get("$ref", "")
    found: Mapping[str, Any] = schema["components"]["schemas"][_last(reference)] if reference else shape
    return found


def _shape(told: Mapping[str, Any]) -> str:
    """The kind of a value in a few words, such as "list of string" or "integer or null"."""
    if "$ref" in told:
        return _last(told["$ref"])
    if "enum" in told:
        return " | ".join(str(each) for each in told["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in told:
            return " or ".join(_shape(each) for each in told[several])
    if told.get("type") == "array":
        return f"list of {_shape(told.get('items', {}))}"
    kind = str(told.get("type", "anything"))
    return f"{kind} ({told['format']})" if "format" in told else kind


def _example(base_url: str, path: str, method: str, parameters: list[Parameter], body: list[Field]) -> str:
    query = "&".join(
        f"{quote(each.name)}=..." for each in parameters if each.place == "query" and each.required
    )
    address = f"{base_url}{path}{'?' + query if query else ''}"
    line = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    if method != "get":
        line += ["-H", '"Authorization: Bearer $TOKEN"']
    if body:
        filled = {field.name: "..." for field in body if field.required}
        line += ["-H", '"Content-Type: application/json"', "-d", f"'{json.dumps(filled)}'"]
    return " ".join([*line, f'"{address}"'])


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]
