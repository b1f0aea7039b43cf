"""How a pasted list of software is read: as lines, or as rows of a sheet."""

import pytest

from registry.domain.errors import InvalidInput
from registry.web.answer_sheet import MOST_QUERIES, read_list


@pytest.mark.parametrize(
    ("pasted", "read"),
    [
        ("Zoom\n\n  Slack ", ["Zoom", "Slack"]),
        ("Name, Vendor, Version\nZoom, Zoom Video, 5.1\nSlack, Salesforce, 4.29", ["Zoom", "Slack"]),
        (
            "Zoom, Zoom Video, 5.1\nSlack, Salesforce, 4.29",
            ["Zoom, Zoom Video, 5.1", "Slack, Salesforce, 4.29"],
        ),
        ("Acme, Inc.\nGlobex, LLC", ["Acme, Inc.", "Globex, LLC"]),
        ("Acme, Software\nSlack", ["Acme, Software", "Slack"]),
        ('Tool,Seats\n"Acme, Inc.",3\nSlack,4', ["Acme, Inc.", "Slack"]),
        ('"Acme, the tool", 2\nSlack, 4', ["Acme, the tool", "Slack"]),
        ("Zoom\t5.1\nSlack\t4.29", ["Zoom", "Slack"]),
        ("Zoom;Zoom Video\nSlack;Salesforce", ["Zoom", "Slack"]),
        ("Vendor,Software Name,Version\nZoom Video,Zoom,5.1\nSalesforce,Slack", ["Zoom", "Slack"]),
        ("vendor;display_name\r\nZoom Video;Zoom\r\n;\r\n", ["Zoom"]),
        ("Name,Version\nAcme, Inc.,2\nZoom,5.1,", ["Acme, Inc.,2", "Zoom"]),
        ("\ufeffName,Version\nZoom,5.1", ["Zoom"]),
        ("1. Zoom\n2. Slack, the chat\n3) Paint", ["Zoom", "Slack, the chat", "Paint"]),
        ("1. Zoom\n3. Slack", ["1. Zoom", "3. Slack"]),
        ("1. FC Works", ["1. FC Works"]),
        ("Paint, the old one\nSlack", ["Paint, the old one", "Slack"]),
        ("Zoom, Slack", ["Zoom, Slack"]),
        ("https://maps.example/@52.1,4.2\nSlack", ["https://maps.example/@52.1,4.2", "Slack"]),
    ],
)
def test_rows_give_their_names_and_lines_stay_whole(pasted: str, read: list[str]) -> None:
    assert read_list(pasted) == read


@pytest.mark.parametrize("pasted", ["", " \n\t", "Name,Version", "x\n" * (MOST_QUERIES + 1), "x" * 200_000])
def test_nothing_too_many_and_too_long_are_refused(pasted: str) -> None:
    with pytest.raises(InvalidInput):
        read_list(pasted)
