"""Everything published as one file that another registry imports, for those who work here."""

from fastapi import Response

from registry.domain.errors import NotFound
from registry.services.lists.exporting import export_rows
from registry.services.lists.import_rows import COLUMNS
from registry.services.lists.spreadsheets import FORMATS
from registry.web.deps import Now, Read, SourceReader
from registry.web.routing import page_router

router = page_router()
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/export.{ending}")
def export(ending: str, read: Read, _user: SourceReader, now: Now) -> Response:
    """The bytes that `registry export` writes; a token with the scope `read` has them too."""
    if ending not in MEDIA_TYPES:
        raise NotFound(f"There is no such format. Choose among: {', '.join(MEDIA_TYPES)}.")
    body = FORMATS[ending].write(COLUMNS, export_rows(read, now=now))
    headers = {
        "Content-Disposition": f'attachment; filename="registry.{ending}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(body, media_type=MEDIA_TYPES[ending], headers=headers)
