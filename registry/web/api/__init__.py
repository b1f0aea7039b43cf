"""The JSON API, one noun a file; a new noun adds its router to ROUTERS, and all of them stand under /api/v1."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
