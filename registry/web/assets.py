"""The site's sheet, script and icon, joined at start-up and named by their content, to be kept for good."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from registry.domain.values import dataclass

STATIC = Path(__file__).resolve().parents[1] / "static"
KEEP = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    body: bytes
    media_type: str


@dataclass(frozen=True)
class Assets:
    """`by_name` maps `site.<hash>.css` and its like to what is served; the three others are paths of ours."""

    by_name: Mapping[str, Asset]
    stylesheet_url: str
    script_url: str
    icon_url: str


def load_assets(folder: Path = STATIC) -> Assets:
    """Read the folder once; files are joined in the order of their names, `0-tokens.css` is first."""
    sheet = b"\n".join(path.read_bytes() for path in sorted((folder / "css").glob("*.css")))
    script = b"\n".join(path.read_bytes() for path in sorted((folder / "js").glob("*.js")))
    kinds = (
        ("site", "css", sheet, "text/css; charset=utf-8"),
        ("site", "js", script, "text/javascript; charset=utf-8"),
        ("icon", "svg", (folder / "icon.svg").read_bytes(), "image/svg+xml"),
    )
    named = {
        f"{stem}.{sha256(body).hexdigest()[:12]}.{suffix}": Asset(body, media)
        for stem, suffix, body, media in kinds
    }
    stylesheet, script_name, icon = named
    return Assets(named, f"/static/{stylesheet}", f"/static/{script_name}", f"/static/{icon}")


def make_router(assets: Assets) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    def static(name: str) -> Response:
        asset = assets.by_name.get(name)
        if asset is None:
            raise HTTPException(status_code=404)
        return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": KEEP})

    return router
