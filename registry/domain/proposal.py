"""From an entry to what it proposes."""

from enum import StrEnum


class EntryKind(StrEnum):
    TOOL = "tool"
    VERSION = "version"
    NEWS = "news"
    DIGEST = "digest"
    RISK = "risk"


class Announcer(StrEnum):
    LAUNCH_FEED = "launch_feed"
    DISCUSSION = "discussion"
    RELEASES = "releases"
    PACKAGE_INDEX = "package_index"
    VENDOR_BLOG = "vendor_blog"
    ADVISORIES = "advisories"
    OTHER_REGISTRY = "other_registry"
    NEWS = "news"
