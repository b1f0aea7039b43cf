"""A stranger can use the API from its description alone."""

from typing import Any


def _operations(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", told)
        for path, item in schema["paths"].items()
        for method, told in item.items()
    ]


def test_every_operation_says_what_it_does_takes_and_gives(api_description: dict[str, Any]) -> None:
    operations = [each for each in _operations(api_description) if each[0].split()[1].startswith("/api/v1")]
    assert operations
    for name, told in operations:
        assert told["summary"], name
        assert told["description"], name
        code, reply = next(each for each in told["responses"].items() if each[0].startswith("2"))
        assert code == "204" or reply["content"]["application/json"]["schema"], name
        for parameter in told.get("parameters", ()):
            assert parameter["in"] == "path" or parameter["description"], (name, parameter["name"])


def test_every_shape_it_names_is_there_and_says_what_is_in_it(api_description: dict[str, Any]) -> None:
    schemas = api_description["components"]["schemas"]
    for name, shape in schemas.items():
        assert shape.get("properties") or shape.get("enum"), name
    assert schemas["AnswerOut"]["properties"]["query"]["examples"]


def test_each_operation_has_a_name_of_its_own(api_description: dict[str, Any]) -> None:
    ids = [told["operationId"] for _, told in _operations(api_description)]
    assert len(ids) == len(set(ids))
