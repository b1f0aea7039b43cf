"""Lists as files: what is read of a file in JSON, object by object."""

import json
import random

import pytest

from registry.domain.errors import InvalidInput
from registry.services.lists import spreadsheets
from registry.services.lists.spreadsheets import FORMATS, read_json

ROWS = [
    {"name": "Quillmark", "aliases": ["Quill, the old", "[pen]"], "conditions": [{"text": 'Ask "first".'}]},
    {"name": "Tinte Ö 🖋", "decided_at": None, "valid": True, "number": 12.5},
    {},
]


def test_a_list_is_read_object_by_object_as_often_as_somebody_goes_through_it() -> None:
    sheet = read_json(json.dumps(ROWS, indent=1).encode("utf-8-sig"))
    assert (list(sheet), list(sheet), len(sheet)) == (ROWS, ROWS, 3)
    assert sheet.columns == {"name", "aliases", "conditions", "decided_at", "valid", "number"}
    first, again = next(iter(sheet)), next(iter(sheet))
    assert first == again
    assert first is not again, "objects are held"


def test_whatever_the_file_is_its_rows_are_those_that_json_says_or_it_is_refused() -> None:
    dice, whole = random.Random(5), json.dumps(ROWS, ensure_ascii=False)
    read = refused = 0
    for _ in range(3_000):
        at = dice.randrange(len(whole))
        text = whole[:at] + dice.choice(["", *'[]{},: "x1\n\u00a0']) + whole[at + dice.choice([0, 1, 5]) :]
        try:
            rows = json.loads(text)
        except ValueError:
            with pytest.raises(InvalidInput, match="no JSON file that can be read"):
                read_json(text.encode())
            refused += 1
        else:
            assert list(read_json(text.encode())) == rows
            read += 1
    assert min(read, refused) > 100


@pytest.mark.parametrize("text", ["[]", " [ ] ", '{"rows": []}', '{"rows": [{"name": "Quillmark"}]}'])
def test_an_empty_list_and_rows_in_an_object_are_read(text: str) -> None:
    told = json.loads(text)
    assert list(read_json(text.encode())) == (told["rows"] if isinstance(told, dict) else told)


@pytest.mark.parametrize(
    "text", ["]", "", "[1]", '[{"name": "Quillmark"}, 2]', '{"rows": 1}', '"[{}]"', "[[{}]]"]
)
def test_what_is_no_list_of_objects_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"The JSON file must hold a list|no JSON file that can be read"):
        read_json(text.encode())


def test_an_excel_file_that_unpacks_to_more_than_a_machine_holds_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = FORMATS["xlsx"].write(["name"], [{"name": "x" * 900} for _ in range(900)])
    assert FORMATS["xlsx"].read(body).count == 900
    lying = bytearray(body)
    entry = lying.index(b"PK\x01\x02", lying.index(b"PK\x01\x02") + 4)
    lying[entry + 24 : entry + 28] = (9).to_bytes(4, "little")  # how large it says it is when unpacked
    with pytest.raises(InvalidInput, match="no Excel file"):
        FORMATS["xlsx"].read(bytes(lying))
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED", 10_000)
    with pytest.raises(InvalidInput, match="unpacks to more than"):
        FORMATS["xlsx"].read(body)
