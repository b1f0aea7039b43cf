"""Every connection that leaves this program is made by the fetcher: read off the source, and watched while it runs."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, conditional, redirect, reply
from tests.test_walls import ROOT, Module, modules

FETCHER = "scrapers.fetch"
CONNECTION = "scrapers.connection"


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NETWORK = words(
    """
    _socket _ssl aiohttp asyncore boto3 ctypes dns ftplib grpc http.client httplib2 httpcore httpcore2 httpx httpx2
    imaplib logging.handlers multiprocessing niquests nntplib paramiko poplib pycurl requests select selectors smtplib
    socket socketserver ssl subprocess telnetlib tornado treq twisted urllib.request urllib.robotparser urllib3
    webbrowser websocket websockets wsgiref xml.dom xml.sax xmlrpc
    """
)
"""Modules with which a connection, or a process that opens one, can be made."""

MAY_USE: dict[str, dict[str, frozenset[str]]] = {
    FETCHER: {
        "httpx2": frozenset({"InvalidURL", "URL", "create_ssl_context"}),
        "ssl": frozenset({"SSLContext"}),
    },
    CONNECTION: {
        "select": frozenset({"POLLIN", "POLLOUT", "poll", "select"}),
        "socket": words(
            "AF_INET AF_INET6 IPPROTO_TCP SOCK_STREAM SOL_SOCKET SO_ERROR TCP_NODELAY getaddrinfo socket"
        ),
        "ssl": frozenset(
            {
                "MemoryBIO",
                "SSLCertVerificationError",
                "SSLContext",
                "SSLEOFError",
                "SSLError",
                "SSLWantReadError",
            }
        ),
    },
    "scrapers.addresses": {"httpx2": frozenset({"InvalidURL", "URL"})},
    "scrapers.workers": {"subprocess": frozenset({"DEVNULL", "PIPE", "Popen"})},
    # The office's own mail server, which the settings name.
    "registry.smtp": {
        "smtplib": frozenset(
            {
                "SMTP",
                "SMTP_SSL",
                "SMTPDataError",
                "SMTPException",
                "SMTPRecipientsRefused",
                "SMTPResponseException",
            }
        ),
        "ssl": frozenset({"create_default_context"}),
    },
    # It shares the pages of a copy out among processes of our own.
    "registry.web.copy.workers": {"multiprocessing": frozenset({"get_context", "util"})},
    # It looks whether the database's server has said anything on a connection that waits.
    "registry.store.alive": {"select": frozenset({"POLLIN", "poll"})},
    # It gives memory back to the system by the C library.
    "registry.cli.serve": {"ctypes": frozenset({"CDLL"})},
    # It asks for large pages by the same.
    "registry.cli.large_pages": {"ctypes": frozenset({"CDLL", "c_int", "c_size_t", "c_void_p"})},
    # They look for a free port and never connect.
    "registry.cli.demo": {"socket": frozenset({"SOL_SOCKET", "SO_REUSEADDR", "socket"})},
    "registry.demo.seeding": {"socket": frozenset({"SOL_SOCKET", "SO_REUSEADDR", "socket"})},
}
"""Who may use which of them, and what of it."""

LIBRARIES = words(
    """
    alembic anyio apscheduler cryptography fastapi feedparser httptools idna jinja2 joserfc lxml markupsafe nh3
    packageurl prometheus_client pwdlib pydantic pydantic_core pydantic_settings pyotp python_calamine rapidfuzz regex
    rich segno sqlalchemy sqlmodel starlette tldextract typer uvicorn xlsxwriter zxcvbn
    """
)
"""Those looked at: they open nothing, or the database, or listen. How the three that can fetch are kept from it
stands in `call_faults`."""
PARTS = frozenset({"authlib.oauth2.rfc7636", "authlib.oidc.core.util"})
"""Of a library that has clients of its own: what only computes."""

CONNECTS = words(
    """
    connect connect_ex connect_tcp connect_unix create_connection create_datagram_endpoint create_subprocess_exec
    create_subprocess_shell
    create_unix_connection getaddrinfo gethostbyaddr gethostbyname open_connection open_unix_connection sendto
    sock_connect start_tls urlopen urlretrieve wrap_socket
    """
)
STARTS = words(
    """
    execl execle execlp execlpe execv execve execvp execvpe fork forkpty popen posix_spawn posix_spawnp spawnl spawnle
    spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe startfile system
    """
)
IMPORTS_BY_NAME = {"registry.cli", "registry.store.plain", "scrapers.workers"}
"""A table of commands, the database's driver, and the reader that a child is told of at its start."""
DATABASE = frozenset({"copied", "driver", "sqlite_module()"})
"""What the store and those who copy it call the database that they connect to."""


def named(node: ast.AST) -> Iterator[str]:
    """Each dotted name that an import could be of: `from urllib import request` is urllib and urllib.request."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
        yield from (f"{node.module}.{each.name}" for each in node.names)


def networking(name: str) -> str:
    """Which of NETWORK a dotted name is, or lies in; else empty."""
    parts = name.split(".")
    return next((".".join(parts[:n]) for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in NETWORK), "")


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def dotted(node: ast.AST) -> str:
    """As `ast.unparse` has it, which takes its time."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ast.unparse(node)


def keywords(call: ast.Call) -> dict[str, object]:
    return {each.arg: getattr(each.value, "value", None) for each in call.keywords if each.arg}


def faults(module: Module) -> Iterator[str]:
    """What in a module opens a connection, or could, and is not of the few that may."""
    may_use = MAY_USE.get(module.name, {})
    for node in module.nodes:
        for name in named(node):
            top = name.split(".")[0]
            found = networking(name)
            if found and found not in may_use:
                yield f"imports {name}"
            elif found and isinstance(node, ast.ImportFrom):
                yield f"takes names out of {name}, which hides what it uses"
            elif name.startswith(tuple(PARTS)):
                continue
            elif top not in LIBRARIES | NETWORK | sys.stdlib_module_names | {
                "registry",
                "scrapers",
                "__future__",
            }:
                yield f"imports {top}, which nobody has looked at"
        if isinstance(node, ast.Attribute):
            yield from attribute_faults(module, node, may_use)
        if isinstance(node, ast.Call):
            yield from call_faults(module, node)


def _of_a_database(module: Module, owner: str) -> bool:
    room = module.name.startswith(("registry.store.", "registry.services.backups."))
    return owner.endswith("engine") or (room and owner in DATABASE)


def attribute_faults(
    module: Module, node: ast.Attribute, may_use: dict[str, frozenset[str]]
) -> Iterator[str]:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    if owner in may_use and node.attr not in may_use[owner]:
        yield f"uses {owner}.{node.attr}"
    if owner == "os" and node.attr in STARTS:
        yield f"starts a process with os.{node.attr}"
    of_a_database = node.attr == "connect" and _of_a_database(module, ast.unparse(node.value))
    if node.attr in CONNECTS and module.name != CONNECTION and not of_a_database:
        yield f"calls .{node.attr}"


def call_faults(module: Module, node: ast.Call) -> Iterator[str]:
    name, said = called(node), keywords(node)
    owner = dotted(node.func).rpartition(".")[0]
    if name in {"__import__", "eval", "exec"} and not owner:
        yield f"calls {name}"
    if name in {"import_module", "run_module", "run_path"} and module.name not in IMPORTS_BY_NAME:
        yield f"imports by name with {name}"
    if owner == "feedparser" and not (name != "parse" or (node.args and called(node.args[0]) == "BytesIO")):
        yield "gives feedparser something other than bytes, which it may fetch"
    if owner.split(".")[-1] in {"etree", "html", "objectify", "ElementTree"}:
        if name in {"parse", "iterparse", "XSLT", "XMLSchema", "RelaxNG", "Schematron", "DTD", "XInclude"}:
            yield f"calls {owner}.{name}, which may fetch"
        if name in {"fromstring", "XML", "HTML"} and len(node.args) + ("parser" in said) < 2:
            yield f"calls {owner}.{name} without a parser that is told to fetch nothing"
    if name in {"XMLParser", "HTMLParser"} and said.get("no_network") is not True:
        yield f"makes a {name} that may use the network"
    if name == "XMLParser" and said.get("resolve_entities") is not False:
        yield "makes an XMLParser that reads entities"
    if name == "XMLParser" and (said.get("load_dtd") or said.get("huge_tree")):
        yield "makes an XMLParser that loads DTDs, or without limits"
    if (
        name in {"TLDExtract", "extract"}
        and "suffix_list_urls=()" not in ast.unparse(node)
        and "tld" in owner
    ):
        yield "lets tldextract fetch the list of public suffixes"
    if name == "Fetcher" and module.name not in {"registry.jobs", "registry.openid.replies"}:
        yield "makes a Fetcher of its own"
    if name == "ConnectionPool" and "network_backend" not in said:
        yield "makes a pool that connects by itself"


def test_no_module_but_the_fetcher_can_open_a_connection():
    found = {name: list(faults(module)) for name, module in modules().items()}
    assert {name: each for name, each in found.items() if each} == {}


WAYS_OUT = """
import socket
import ssl
import http.client
from http import client
import urllib.request
from urllib import request
from urllib.request import urlopen
import httpx2
import httpcore2 as quiet
import requests
import aiohttp
import ftplib
import smtplib
import xmlrpc.client
import subprocess
import multiprocessing.connection
import ctypes
import logging.handlers
import unheard_of
from authlib.integrations.requests_client import OAuth2Session
driver.connect(address)
os.system("curl https://example.org")
os.execvp("curl", [])
os.posix_spawn("/usr/bin/curl", [], {})
__import__("socket")
importlib.import_module("socket")
eval("1")
loop.create_connection(protocol, host, port)
asyncio.open_connection(host, port)
asyncio.create_subprocess_exec("curl")
sock.connect(address)
feedparser.parse("https://example.org/feed")
feedparser.parse(url)
feedparser.parse(body)
etree.parse("https://example.org/feed")
etree.fromstring(body)
html.fromstring(body)
html.parse(url)
ElementTree.parse(path)
etree.XSLT(tree)
etree.XMLParser(resolve_entities=False, load_dtd=False, huge_tree=False)
etree.XMLParser(no_network=False, resolve_entities=False, load_dtd=False, huge_tree=False)
etree.XMLParser(no_network=True, load_dtd=False, huge_tree=False)
etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=True, huge_tree=False)
etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=True)
html.HTMLParser(recover=True)
tldextract.extract("example.org")
tldextract.TLDExtract()
Fetcher(agent="x")
ConnectionPool()
"""


@pytest.mark.parametrize("line", WAYS_OUT.strip().splitlines())
def test_the_wall_sees_each_way_out(line: str):
    module = Module("registry.web.pages.sources", Path("none.py"), ast.parse(line))
    assert list(faults(module))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (CONNECTION, "import socket\nsocket.create_connection(address)"),
        (CONNECTION, "from socket import create_connection"),
        (CONNECTION, "import http.client"),
        (FETCHER, "import socket"),
        (FETCHER, "import httpx2\nhttpx2.get(url)"),
        (FETCHER, "httpcore2.ConnectionPool()"),
        ("scrapers.addresses", "import httpx2\nhttpx2.Client()"),
        ("scrapers.workers", "import subprocess\nsubprocess.run(['curl'])"),
        ("registry.smtp", "import socket"),
        ("registry.smtp", "import smtplib\nsmtplib.LMTP(path)"),
        ("registry.cli.demo", "import socket\nsocket.create_connection(address)"),
    ],
)
def test_those_who_may_use_the_network_may_use_no_more_of_it(name: str, line: str):
    assert list(faults(Module(name, Path("none.py"), ast.parse(line))))


def test_whoever_may_use_the_network_exists_and_does():
    for name, used in MAY_USE.items():
        there = {each for node in modules()[name].nodes for each in named(node)}
        assert set(used) <= there, name


# While it runs

WATCHED = f"""
import json, os, sys, sysconfig

STANDARD = (sysconfig.get_path("stdlib"), "<frozen")
ASKED = {{"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}}
seen = []

def who():
    frame = sys._getframe(2)
    while frame is not None:
        place = frame.f_code.co_filename
        if "site-packages" in place or not place.startswith(STANDARD):
            return os.path.relpath(place, {str(ROOT)!r})
        frame = frame.f_back
    return "nobody"

def hook(event, arguments):
    if event in ASKED or event.startswith(("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")):
        seen.append((event, who()))

sys.addaudithook(hook)

from typer.testing import CliRunner
from registry.cli import app

told = []
for line in sys.stdin.read().splitlines():
    result = CliRunner().invoke(app, line.split("|"))
    told.append((result.exit_code, result.output))
print(json.dumps({{"seen": seen, "told": told}}))
"""


def test_while_commands_run_the_fetcher_alone_connects_and_looks_up(tmp_path):
    with HostileServer() as server, HostileServer() as other:
        feed = a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))
        home = b'<html><link rel="alternate" type="application/rss+xml" href="/feed"></html>'
        server.plays("/feed", conditional(feed, etag='"1"'))
        server.plays("/moved", redirect(other.plays("/feed", reply(feed))))
        server.plays("/page", reply(home, Content_Type="text/html"))
        commands = [
            "db|upgrade",
            f"sources|add|{server.url('/feed')}",
            f"sources|add|{server.url('/moved', host='localhost')}",
            f"sources|add|{server.url('/page')}",
            f"sources|check|{server.url('/feed', host='localhost')}",
            "scrape",
            "scrape|--all",
            "sources|export",
            "doctor",
            "check|Plumeria",
        ]
        ended = subprocess.run(
            [sys.executable, "-c", WATCHED],
            input="\n".join(commands),
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "REGISTRY_DATA_DIR": str(tmp_path),
                "REGISTRY_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8,::1/128",
            },
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
    came = json.loads(ended.stdout)
    assert len(server.asked("/feed")) >= 3, came["told"]
    assert len(other.asked("/feed")) >= 1, came["told"]
    by = {}
    for event, place in came["seen"]:
        by.setdefault(place, set()).add(event)
    assert by.pop("scrapers/connection.py") == {"socket.connect", "socket.getaddrinfo"}
    assert by.pop("scrapers/workers.py") == {"subprocess.Popen"}
    assert by == {}
