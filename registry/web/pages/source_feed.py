"""The feed of what is the matter with the sources: an entry for each episode, from its beginning past its end."""

from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from fastapi import Request, Response

from registry.publish.formats import FORMATS
from registry.publish.notice import Category, Channel, Notice, Paragraph
from registry.services.sources.source_episodes import Episode, episodes
from registry.web.deps import House, Now, Read
from registry.web.etag import conditional
from registry.web.routing import page_router
from registry.web.words import words

router = page_router()
ATOM = FORMATS["atom"]
HEALTH_FEED = "/sources/health.atom"
MOST_ENTRIES = 200
NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)

TITLES = {
    "failing": "{} cannot be read",
    "broken": "{} cannot be read and needs somebody",
    "gone": "{} is gone",
    "quiet": "{} has fallen silent",
    "paused": "{} is paused",
    "held": "{} brought so much at once that somebody has to look",
    "let_in": "{}: what was held back was let in",
    "left": "{}: what was held back was left as seen",
    "recovered": "{} can be read again",
    "woke": "{} brings news again",
    "removed": "{} was removed",
}


@router.get("/sources/health.atom")
def health_feed(request: Request, read: Read, house: House, now: Now) -> Response:
    """Sources by name and sentence, never by address. The same entry comes again when its episode changes or ends."""
    found = episodes(read, now)[:MOST_ENTRIES]
    channel = Channel(
        id=f"{house.base_url}{HEALTH_FEED}",
        title=f"{house.name}: how the sources fare",
        description="One entry each time that a source fails, is gone, falls silent or floods, until it is well.",
        home_url=f"{house.base_url}/sources",
        url=f"{house.base_url}{HEALTH_FEED}",
        author=house.name,
        updated_at=found[0].changed_at if found else NOTHING_YET,
        about_url=f"{house.base_url}/feeds",
    )
    body = ATOM.render(channel, [_notice(each, house.base_url) for each in found])
    return conditional(request, body, ATOM.media_type)


def _notice(episode: Episode, base_url: str) -> Notice:
    return Notice(
        id=f"urn:uuid:{_uuid(episode)}",
        url=f"{base_url}/sources/{episode.source_id}",
        title=TITLES.get(episode.state, "{}: " + words(episode.state)).format(episode.name),
        summary=episode.sentence,
        blocks=[Paragraph(each) for each in episode.story[-20:]],
        author="registry",
        published_at=episode.began_at,
        updated_at=episode.changed_at,
        categories=[Category("source", episode.state, words(episode.state).capitalize())],
    )


def _uuid(episode: Episode) -> UUID:
    """The same for ever, wherever the registry moves; the moment tells registries apart."""
    return uuid5(NAMESPACE_OID, f"{episode.source_id} {episode.number} {episode.began_at.isoformat()}")
