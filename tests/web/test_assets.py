import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from registry.web.assets import STATIC, load_assets, make_router

TONES = ("yes", "if", "trial", "no", "wait", "pause", "ended")
GROUNDS = ("page", "panel", "raised")
TEXT_PAIRS = [
    *[(ink, ground) for ink in ("ink", "faint", "link", "link-hover") for ground in GROUNDS],
    *[(tone, ground) for tone in TONES for ground in (*GROUNDS, f"{tone}-soft")],
    *[("ink", f"{tone}-soft") for tone in TONES],
    *[("on-action", "action"), ("on-action", "action-hover"), ("action", "raised"), ("action", "page")],
    *[("on-head", "head"), ("on-head", "staff")],
]
SHAPE_PAIRS = [
    *[("edge", ground) for ground in GROUNDS],
    ("focus", "focus-halo"),
    *[("focus", each) for each in GROUNDS],
]


def tokens(theme: int) -> dict[str, str]:
    sheet = (STATIC / "css" / "0-tokens.css").read_text().split("@media")[0]
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", sheet)
    return {name: both[theme] for name, *both in pairs}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT_PAIRS, 4.5), (SHAPE_PAIRS, 3.0)], ids=["text", "shapes"])
def test_contrast_meets_wcag_aa(theme: int, pairs: list[tuple[str, str]], least: float):
    colours = tokens(theme)
    faint = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < least} == {}


def client() -> tuple[TestClient, str]:
    app = FastAPI()
    assets = load_assets()
    app.include_router(make_router(assets))
    return TestClient(app), assets.stylesheet_url


def test_the_sheet_is_served_for_good_under_a_name_made_of_its_content():
    browser, url = client()
    reply = browser.get(url)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in reply.headers["cache-control"]
    assert browser.head(url).status_code == 200


def test_an_old_or_foreign_name_is_not_served():
    browser, _ = client()
    for name in ("site.css", "site.000000000000.css", "..%2Fassets.py", "css%2F0-tokens.css"):
        assert browser.get(f"/static/{name}").status_code == 404


def test_a_changed_sheet_has_another_name(tmp_path: Path):
    (tmp_path / "css").mkdir()
    (tmp_path / "js").mkdir()
    (tmp_path / "icon.svg").touch()
    (tmp_path / "css" / "a.css").write_text("a{}")
    before = load_assets(tmp_path).stylesheet_url
    assert load_assets(tmp_path).stylesheet_url == before
    (tmp_path / "css" / "b.css").write_text("b{}")
    assert load_assets(tmp_path).stylesheet_url != before


def test_the_sheet_opens_with_the_order_of_its_layers():
    assets = load_assets()
    sheet = assets.by_name[assets.stylesheet_url.rsplit("/", 1)[1]].body.decode()
    first = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).split()
    assert first[:5] == ["@layer", "reset,", "base,", "components,", "utilities;"]


def test_nothing_is_loaded_from_elsewhere_or_imported():
    for path in (*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")):
        assert not re.search(r"@import|https?:|\burl\(|\bimport\b|\beval\(", path.read_text()), path.name


def test_sheet_and_script_stay_small():
    assets = load_assets()
    sizes = {asset.media_type.split(";")[0]: len(asset.body) for asset in assets.by_name.values()}
    assert sizes["text/css"] < 54_000  # about 11 kB on the wire
    assert sizes["text/javascript"] < 19_000  # about 5 kB on the wire


def test_the_sheet_knows_print_forced_colours_contrast_and_reduced_motion():
    sheet = "".join(path.read_text() for path in STATIC.glob("css/*.css"))
    for query in ("print", "(forced-colors: active)", "(prefers-contrast: more)", "(prefers-reduced-motion:"):
        assert f"@media {query}" in sheet
