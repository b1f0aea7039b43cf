"""Nothing that stands in a feed is ever fetched by itself: whole ticks over real feeds full of addresses inside.

The network that these addresses lie in is open to the fetcher here, so that nothing but restraint keeps it away.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from registry.scheduler import Scheduler
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, Source
from tests.scrapers.dialled import dialled
from tests.scrapers.hostile import HostileServer, reply

ADA = Actor(None, "Ada")

RSS = """<?xml version="1.0"?>
<?xml-stylesheet type="text/xsl" href="INSIDE/style.xsl"?>
<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "INSIDE/rss.dtd">
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:xi="http://www.w3.org/2001/XInclude"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="INSIDE INSIDE/rss.xsd"
 xml:base="INSIDE/base/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:inner="INSIDE/namespace">
<channel><title>News</title><link>INSIDE/home</link><docs>INSIDE/docs</docs>
<cloud domain="HOST" port="PORT" path="/cloud" registerProcedure="" protocol="http-post"/>
<image><url>INSIDE/image.png</url><link>INSIDE/image</link><title>News</title></image>
<textInput><title>Ask</title><name>q</name><link>INSIDE/ask</link></textInput>
<atom:link rel="self" href="INSIDE/self"/><atom:link rel="hub" href="INSIDE/hub"/>
<atom:link rel="next" href="INSIDE/next"/><atom:link rel="prev-archive" href="INSIDE/archive"/>
<atom:icon>INSIDE/icon.ico</atom:icon><xi:include href="INSIDE/included.xml" parse="xml"/>
<item><title>Plumeria &lt;img src="INSIDE/title.png"&gt;</title><link>INSIDE/entry</link>
<guid isPermaLink="true">INSIDE/guid</guid><comments>INSIDE/comments</comments>
<source url="INSIDE/source">Elsewhere</source>
<enclosure url="INSIDE/talk.mp3" length="1" type="audio/mpeg"/>
<media:content url="INSIDE/film.mp4"><media:thumbnail url="INSIDE/thumb.jpg"/></media:content>
<xi:include href="INSIDE/entry.xml"/><inner:any href="INSIDE/any">INSIDE/text</inner:any>
<description>&lt;img src="INSIDE/p.png"&gt;&lt;iframe src="INSIDE/f"&gt;&lt;/iframe&gt;
&lt;link rel=stylesheet href="INSIDE/s.css"&gt;&lt;script src="INSIDE/s.js"&gt;&lt;/script&gt;</description>
</item></channel></rss>"""

ATOM = """<?xml version="1.0"?>
<?xml-stylesheet type="text/css" href="INSIDE/style.css"?>
<!DOCTYPE feed SYSTEM "INSIDE/atom.dtd">
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="INSIDE/base/"><title type="html">News</title>
<id>INSIDE/feed</id><updated>2026-11-01T09:00:00Z</updated><icon>INSIDE/i.ico</icon><logo>INSIDE/l.png</logo>
<generator uri="INSIDE/generator">Made</generator><author><name>Ines</name><uri>INSIDE/ines</uri></author>
<link rel="self" href="INSIDE/self"/><link rel="hub" href="INSIDE/hub"/><link rel="next" href="INSIDE/next"/>
<link rel="first" href="?page=1"/><link rel="current" href="INSIDE/current"/><link rel="service" href="INSIDE/svc"/>
<entry><id>INSIDE/entry</id><title>Plumeria</title><updated>2026-11-01T09:00:00Z</updated>
<link href="relative"/><link rel="replies" href="INSIDE/replies"/><link rel="edit" href="INSIDE/edit"/>
<link rel="enclosure" href="INSIDE/film"/><link rel="payment" href="INSIDE/pay"/>
<content type="text/html" src="INSIDE/content.html"/>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><img src="INSIDE/x.png"/></div></summary>
</entry></feed>"""

RDF = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF SYSTEM "INSIDE/rdf.dtd">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="INSIDE/feed"><title>News</title><link>INSIDE/home</link><description>d</description>
<image rdf:resource="INSIDE/i.png"/><items><rdf:Seq><rdf:li rdf:resource="INSIDE/entry"/></rdf:Seq></items></channel>
<item rdf:about="INSIDE/entry"><title>Plumeria</title><link>INSIDE/entry</link></item></rdf:RDF>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "News", "home_page_url": "INSIDE/home",
"feed_url": "INSIDE/self", "next_url": "INSIDE/next", "icon": "INSIDE/icon", "favicon": "INSIDE/favicon",
"hubs": [{"type": "WebSub", "url": "INSIDE/hub"}], "$schema": "INSIDE/schema.json", "$ref": "INSIDE/ref.json",
"authors": [{"name": "Ines", "url": "INSIDE/ines", "avatar": "INSIDE/face"}], "items": [{"id": "INSIDE/entry",
"url": "INSIDE/entry", "external_url": "INSIDE/other", "title": "Plumeria", "image": "INSIDE/i.png",
"banner_image": "INSIDE/b.png", "content_html": "<img src='INSIDE/p.png'>",
"attachments": [{"url": "INSIDE/talk.mp3", "mime_type": "audio/mpeg"}]}]}"""

PAGE = """<!DOCTYPE html><html manifest="INSIDE/manifest"><head><title>News</title><base href="INSIDE/base/">
<meta http-equiv="refresh" content="0; url=INSIDE/refreshed"><link rel="alternate" href="INSIDE/feed.xml"
type="application/rss+xml"><link rel="stylesheet" href="INSIDE/s.css"><link rel="preload" href="INSIDE/p.js">
<script src="INSIDE/s.js"></script></head><body><iframe src="INSIDE/f"></iframe><img src="INSIDE/i.png">
<a href="INSIDE/feed.rss">RSS</a></body></html>"""

ENTITIES = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY % outer SYSTEM "INSIDE/outer.dtd"> %outer;
<!ENTITY inner SYSTEM "INSIDE/inner.txt">]><rss version="2.0"><channel><item><title>&inner;</title></item></channel>
</rss>"""

BROKEN = RSS.replace("</item>", "").replace("</guid>", "")
"""Not well-formed: read by the loose parser, then by the mending one, each of which could fetch a DTD."""

FEEDS = {"rss": RSS, "atom": ATOM, "rdf": RDF, "json": JSON_FEED, "broken": BROKEN}
NO_FEEDS = {"page": PAGE, "entities": ENTITIES}


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def inner() -> Iterator[HostileServer]:
    with HostileServer(host="127.0.0.2") as running:
        yield running


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_nothing_that_stands_in_a_feed_is_fetched(engine, tmp_path, server, inner, now, encoding):
    hints = {"Link": f'<{inner.url("/hub")}>; rel=hub, <{inner.url("/next")}>; rel="next preload"'}
    for name, text in (FEEDS | NO_FEEDS).items():
        pointing = text.replace("INSIDE", inner.url("")).replace("HOST", inner.host)
        body = pointing.replace("PORT", str(inner.port)).encode(encoding)
        url = server.plays(f"/{name}", reply(body, Content_Type="text/xml", **hints))
        with transaction(engine) as session:
            sources.add_source(session, url=url, by=ADA, now=now)
    clock = [now]
    scheduler = Scheduler(
        engine,
        Settings(data_dir=tmp_path, allow_private_cidrs="127.0.0.0/8"),
        clock=lambda: clock[0],
    )
    try:
        with dialled() as hosts:
            for moment in (now, now + timedelta(days=2)):
                clock[0] = moment
                scheduler.tick()
    finally:
        scheduler.stop()
    with snapshot(engine) as session:
        links = session.exec(select(Entry.link)).all()
        assert [len(source.strip) for source in session.exec(select(Source))] == [2] * len(FEEDS | NO_FEEDS)
    assert len(links) == len(FEEDS)
    assert all(link.startswith(inner.url("/")) for link in links)
    assert set(hosts) == {server.host}
    assert inner.connections == 0
