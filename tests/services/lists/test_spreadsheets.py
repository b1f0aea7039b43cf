"""Lists as files: what is read of one, and that a long one is not held."""

import json
import random
import tracemalloc

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


@pytest.mark.parametrize("ending", FORMATS)
def test_of_a_long_file_neither_the_text_nor_the_rows_are_held(ending: str) -> None:
    rows = [{"name": f"Tool {n}", "rationale": f"{n} was looked at. " * 20} for n in range(5_000)]
    body = FORMATS[ending].write(("name", "rationale"), rows)
    FORMATS[ending].read(body)
    tracemalloc.start()
    sheet = FORMATS[ending].read(body)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / len(rows) < 100, "bytes for each row, whose texts have 370"
    assert (list(sheet), len(sheet), sheet.columns) == (rows, len(rows), {"name", "rationale"})


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
