"""Tables about well-known hosts: who lends its address to others, and where a product's own id stands.

Facts alone; the rules that read them are in links.py.
"""

import re


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACKING = _names(
    """
    __hsfp __hssc __hstc __s _bta_c _bta_tid _ga _gl _hsenc _hsmi _ke _kx _openstat action_object_map
    action_ref_map action_type_map at_campaign at_medium cid_source cmpid cvid dclid dm_i ef_id epik
    fb_action_ids fb_action_types fb_ref fb_source fbclid feature_ref ga_campaign ga_content ga_medium
    ga_place ga_source ga_term gbraid gclid gclsrc gs_l guccounter guce_referrer guce_referrer_sig
    hmb_campaign hmb_medium hmb_source hsctatracking icid igsh igshid irclickid mbid mc_cid mc_eid mkcid
    mkevt mkrid mkt_tok ml_subscriber ml_subscriber_hash msclkid mtm_campaign mtm_source ncid
    nr_email_referer oly_anon_id oly_enc_id otc pk_campaign pk_kwd piwik_campaign piwik_kwd rb_clickid ref
    ref_src ref_url referrer s_cid s_kwcid share_source sr_share srsltid spm trk trkcampaign ttclid twclid
    vero_conv vero_id wbraid wickedid wt_mc wt_zmc xtor yclid ysclid
    """
)
TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_")

INDEX_PAGE = re.compile(
    r"(?:index|default)\.(?:html?|shtml|xhtml|php\d?|aspx?|jspx?|cgi|cfm|pl|do)$", re.IGNORECASE
)

CODE_HOSTS = _names(
    """
    github.com gitlab.com bitbucket.org codeberg.org gitee.com git.sr.ht salsa.debian.org gitea.com
    huggingface.co codehost.example
    """
)
"""The last one is nobody's: samples and trials need a code host too, and RFC 2606 keeps the name free."""
NO_OWNERS = _names(
    """
    about account apps blog collections contact customer-stories dashboard docs enterprise events explore
    features join login marketplace models new notifications orgs organizations papers pricing readme
    resources search security sessions settings site solutions sponsors stars stories team tasks topics
    trending users -
    """
)
"""First path segments of code hosts that are pages of the host itself and name no owner."""

SHARED = CODE_HOSTS | _names(
    """
    sr.ht sourceforge.net launchpad.net githubusercontent.com apps.apple.com itunes.apple.com
    play.google.com chromewebstore.google.com chrome.google.com apps.microsoft.com addons.mozilla.org
    marketplace.visualstudio.com snapcraft.io flathub.org f-droid.org store.steampowered.com
    workspace.google.com appsource.microsoft.com addons.thunderbird.net wordpress.org medium.com
    substack.com wordpress.com tumblr.com ghost.io blogger.com typepad.com livejournal.com dev.to
    hashnode.com hashnode.dev hackernoon.com notion.so notion.site beehiiv.com telegra.ph svbtle.com
    bearblog.dev docs.google.com sites.google.com drive.google.com forms.gle dropbox.com onedrive.live.com
    feedburner.com feedproxy.google.com archive.org web.archive.org archive.ph doi.org bit.ly t.co
    tinyurl.com lnkd.in producthunt.com news.ycombinator.com ycombinator.com lobste.rs slashdot.org
    tildes.net lemmy.world betalist.com alternativeto.net indiehackers.com reddit.com redd.it
    stackoverflow.com stackexchange.com quora.com x.com twitter.com facebook.com instagram.com linkedin.com
    youtube.com youtu.be vimeo.com threads.net bsky.app mastodon.social t.me discord.gg discord.com
    wikipedia.org arxiv.org openreview.net kickstarter.com gumroad.com itch.io nytimes.com theguardian.com
    bbc.co.uk bbc.com reuters.com bloomberg.com wsj.com washingtonpost.com ft.com economist.com theverge.com
    techcrunch.com arstechnica.com wired.com engadget.com venturebeat.com zdnet.com cnet.com cnn.com
    theregister.com theregister.co.uk thenextweb.com mashable.com infoq.com lwn.net phoronix.com heise.de
    golem.de nature.com science.org sciencedirect.com acm.org ieee.org businessinsider.com forbes.com
    404media.co axios.com politico.com theatlantic.com newyorker.com vice.com gizmodo.com readwrite.com
    bleepingcomputer.com krebsonsecurity.com thehackernews.com nvd.nist.gov cisa.gov cve.org
    """
)
"""Hosts under which strangers publish side by side, and the press: no product is known by such an address."""

MANY_PRODUCTS = _names(
    """
    google.com microsoft.com apple.com amazon.com adobe.com mozilla.org apache.org ibm.com oracle.com
    meta.com atlassian.com atlassian.net jetbrains.com zoho.com salesforce.com sap.com cisco.com vmware.com
    nvidia.com intel.com live.com office.com yahoo.com yandex.ru proton.me docker.com eclipse.org gnome.org
    kde.org gnu.org linuxfoundation.org
    """
)
"""Vendors whose products share one domain: the domain alone would merge what are different tools."""

STORES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("apps.apple.com", re.compile(r"^/(?:[a-z]{2}/)?app/(?:[^/]+/)?(id\d+)$")),
    ("itunes.apple.com", re.compile(r"^/(?:[a-z]{2}/)?app/(?:[^/]+/)?(id\d+)$")),
    ("chromewebstore.google.com", re.compile(r"^/detail/(?:[^/]+/)?([a-p]{32})$")),
    ("chrome.google.com", re.compile(r"^/webstore/detail/(?:[^/]+/)?([a-p]{32})$")),
    ("addons.mozilla.org", re.compile(r"^/(?:[A-Za-z-]+/)?(?:firefox|android)/addon/([^/]+)$")),
    ("addons.thunderbird.net", re.compile(r"^/(?:[A-Za-z-]+/)?thunderbird/addon/([^/]+)$")),
    ("apps.microsoft.com", re.compile(r"^/(?:[a-z-]+/)?(?:store/)?detail/(?:[^/]+/)?([A-Za-z0-9]{12})$")),
    ("snapcraft.io", re.compile(r"^/([a-z0-9-]+)$")),
    ("flathub.org", re.compile(r"^/(?:[a-z-]+/)?apps/(?:details/)?([^/]+)$")),
    ("f-droid.org", re.compile(r"^/(?:[a-zA-Z_-]+/)?packages/([^/]+)$")),
    ("store.steampowered.com", re.compile(r"^/app/(\d+)(?:/.*)?$")),
    ("wordpress.org", re.compile(r"^/(plugins/[^/]+)$")),
    ("sourceforge.net", re.compile(r"^/(?:projects|p)/([^/]+)(?:/.*)?$")),
)
STORE_QUERIES = {
    ("play.google.com", "/store/apps/details"): "id",
    ("marketplace.visualstudio.com", "/items"): "itemName",
}
SAME_STORE = {
    "itunes.apple.com": "apps.apple.com",
    "chrome.google.com": "chromewebstore.google.com",
}

LAUNCHES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("producthunt.com", re.compile(r"^/((?:posts|products)/[^/]+)(?:/.*)?$")),
    ("betalist.com", re.compile(r"^/(startups/[^/]+)$")),
    ("alternativeto.net", re.compile(r"^/(software/[^/]+)(?:/.*)?$")),
)

PACKAGES: dict[tuple[str, ...], tuple[tuple[str, re.Pattern[str]], ...]] = {
    ("pypi", "org"): (("pypi", re.compile(r"^/(?:project|p|simple)/([^/]+)(?:/[^/]*)?$")),),
    ("npmjs", "com"): (("npm", re.compile(r"^/package/((?:@[^/]+/)?[^/]+)(?:/v/[^/]+)?$")),),
    ("crates", "io"): (("cargo", re.compile(r"^/crates/([^/]+)(?:/[^/]+)?$")),),
    ("rubygems", "org"): (("gem", re.compile(r"^/gems/([^/]+)(?:/versions/[^/]+)?$")),),
    ("nuget", "org"): (("nuget", re.compile(r"^/packages/([^/]+)(?:/[^/]+)?$")),),
    ("packagist", "org"): (("composer", re.compile(r"^/packages/([^/]+/[^/]+)$")),),
    ("hex", "pm"): (("hex", re.compile(r"^/packages/([^/]+)(?:/[^/]+)?$")),),
    ("pub", "dev"): (("pub", re.compile(r"^/packages/([^/]+)(?:/.*)?$")),),
    ("hub", "docker", "com"): (
        ("docker", re.compile(r"^/r/([^/]+/[^/]+)(?:/.*)?$")),
        ("docker", re.compile(r"^/_/([^/]+)(?:/.*)?$")),
    ),
}
"""The labels of a package index's host -> (package URL type, where the package stands in the path)."""

PER_PROJECT_PAGES = ("github.io", "gitlab.io", "codeberg.page")
"""Page hosts where the first path segment is another project of the same owner."""

ARTICLE_SEGMENTS = _names(
    """
    announcement announcements article articles blog blogs changelog changelogs index insights journal
    magazine news newsletter newsroom opinion post posts press press-releases pressroom release-notes
    releases research stories story tag tags update updates whats-new writing essays notes
    """
)
ARTICLE_HOSTS = _names(
    """
    blog blogs news newsroom press status changelog engineering research
    """
)
DATED_PATH = re.compile(r"/(?:19|20)\d\d(?:[/-]\d{1,2})?(?:[/-]|$)")
PRODUCT_SEGMENTS = _names(
    """
    product products app apps tool tools project projects software
    """
)
