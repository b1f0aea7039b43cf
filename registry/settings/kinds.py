"""Kinds of value that several settings have, and what each of them must be."""

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _parted(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _can_be_read(path: Path) -> Path:
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise ValueError(f"there is no file {path} that can be read here")
    return path


def _web_address(value: str) -> str:
    if value and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
        raise ValueError("must begin with http:// or https:// and name a host")
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted)]
"""Several names in one value, parted by commas, in the order that matters."""
SecretFile = Annotated[Path, AfterValidator(_can_be_read)]
"""A file that somebody else made, and that can be read here."""
WebAddress = Annotated[str, AfterValidator(_web_address)]
"""One that names a host; or empty."""
