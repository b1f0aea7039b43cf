"""Whatever a page does, the API does too, under the same right: every act of a page beside its twin."""

from dataclasses import dataclass

from fastapi import FastAPI

from tests.web.test_roles import RIGHTS, routes_of

API = "/api/v1"
DUTY = f"{API}/verdicts/{{number}}/conditions/{{position}}"


@dataclass(frozen=True)
class NoTwin:
    """An act that a program has no use for, and why."""

    reason: str


TWINS: dict[str, str | NoTwin] = {
    "POST /login": NoTwin("a program signs in by the token that it sends along"),
    "POST /login/code": NoTwin("a program signs in by the token that it sends along"),
    "POST /logout": NoTwin("a program has no session to end"),
    "POST /sign-in/{token}": NoTwin("a link for a person's browser"),
    "POST /forgotten": NoTwin("a link for a person's browser"),
    "POST /account/sessions/end": f"POST {API}/account/sessions/end",
    "POST /account/sessions/{name}/end": f"POST {API}/account/sessions/{{name}}/end",
    "POST /account/password": f"POST {API}/account/password",
    "POST /account/second-factor": f"POST {API}/account/second-factor",
    "POST /account/second-factor/confirm": f"POST {API}/account/second-factor/confirm",
    "POST /account/second-factor/recovery-codes": f"POST {API}/account/second-factor/recovery-codes",
    "POST /account/second-factor/off": f"POST {API}/account/second-factor/off",
    "POST /people/{user_id}/second-factor/reset": f"POST {API}/people/{{user_id}}/second-factor/reset",
    "POST /account/work-mails": f"POST {API}/account/work-mails",
    "POST /account/tokens": f"POST {API}/account/tokens",
    "POST /account/tokens/{token_id}/revoke": f"POST {API}/account/tokens/{{token_id}}/revoke",
    "POST /account/delegations": f"POST {API}/account/delegations",
    "POST /account/delegations/{delegation_id}/end": f"POST {API}/account/delegations/{{delegation_id}}/end",
    "POST /people/{user_id}/delegations/{delegation_id}/end": (
        f"POST {API}/people/{{user_id}}/delegations/{{delegation_id}}/end"
    ),
    "POST /theme": NoTwin("how this browser shows pages"),
    "POST /check/list": f"POST {API}/check",
    "POST /request": f"POST {API}/requests",
    "POST /request/{secret}/leave": f"POST {API}/requests/{{secret}}/leave",
    # following
    "POST /follow": f"POST {API}/follows",
    "POST /follow/{token}/confirm": f"POST {API}/follows/{{token}}/confirm",
    "POST /follow/{token}/how": f"PATCH {API}/follows/{{token}}",
    "POST /follow/{token}/leave": f"DELETE {API}/follows/{{token}}",
    "POST /webhooks": f"POST {API}/webhooks",
    "POST /webhooks/{webhook_id}": f"PUT {API}/webhooks/{{webhook_id}}",
    "POST /webhooks/{webhook_id}/rotate": f"POST {API}/webhooks/{{webhook_id}}/rotate",
    "POST /webhooks/{webhook_id}/on": f"POST {API}/webhooks/{{webhook_id}}/on",
    "POST /webhooks/{webhook_id}/off": f"POST {API}/webhooks/{{webhook_id}}/off",
    "POST /webhooks/{webhook_id}/test": f"POST {API}/webhooks/{{webhook_id}}/test",
    "POST /webhooks/{webhook_id}/replay": f"POST {API}/outbox/replay",
    "POST /webhooks/{webhook_id}/remove": f"DELETE {API}/webhooks/{{webhook_id}}",
    "POST /outbox/replay": f"POST {API}/outbox/replay",
    "POST /outbox/{delivery_id}/replay": f"POST {API}/outbox/deliveries/{{delivery_id}}/replay",
    # the inbox
    "POST /inbox/bulk": f"POST {API}/candidates/bulk",
    "POST /inbox/acts/{act_id}/undo": f"POST {API}/candidates/acts/{{act_id}}/undo",
    "POST /inbox/filters": f"POST {API}/candidates/filters",
    "POST /inbox/filters/{filter_id}/remove": f"DELETE {API}/candidates/filters/{{filter_id}}",
    "POST /inbox/{candidate_id}/differ": f"POST {API}/candidates/{{candidate_id}}/differ",
    "POST /inbox/{candidate_id}/reopen": f"POST {API}/candidates/{{candidate_id}}/reopen",
    "POST /inbox/keys": NoTwin("how this browser's keyboard acts"),
    "POST /inbox/{candidate_id}/accept": f"POST {API}/candidates/{{candidate_id}}/accept",
    "POST /inbox/{candidate_id}/dismiss": f"POST {API}/candidates/{{candidate_id}}/dismiss",
    "POST /inbox/{candidate_id}/merge": f"POST {API}/candidates/{{candidate_id}}/merge",
    "POST /inbox/{candidate_id}/watch": f"POST {API}/candidates/{{candidate_id}}/watch",
    "POST /inbox/{candidate_id}/labels": f"POST {API}/candidates/{{candidate_id}}/labels",
    "POST /inbox/{candidate_id}/edit": f"POST {API}/candidates/{{candidate_id}}/edit",
    # evaluations
    "POST /evaluations": f"POST {API}/evaluations",
    "POST /evaluations/{evaluation_id}/assign": (f"POST {API}/evaluations/{{evaluation_id}}/assign"),
    "POST /evaluations/{evaluation_id}/unassign": (f"POST {API}/evaluations/{{evaluation_id}}/unassign"),
    "POST /evaluations/{evaluation_id}/owner": (f"POST {API}/evaluations/{{evaluation_id}}/owner"),
    "POST /evaluations/{evaluation_id}/due": (f"POST {API}/evaluations/{{evaluation_id}}/due"),
    "POST /evaluations/{evaluation_id}/contacts": (f"POST {API}/evaluations/{{evaluation_id}}/contacts"),
    "POST /evaluations/{evaluation_id}/contacts/{person_id}/remove": (
        f"POST {API}/evaluations/{{evaluation_id}}/contacts/{{person_id}}/remove"
    ),
    "POST /evaluations/{evaluation_id}/interest": (f"POST {API}/evaluations/{{evaluation_id}}/interest"),
    "POST /evaluations/{evaluation_id}/conditions": (f"POST {API}/evaluations/{{evaluation_id}}/conditions"),
    "POST /evaluations/{evaluation_id}/conditions/{condition_id}/remove": (
        f"POST {API}/evaluations/{{evaluation_id}}/conditions/{{condition_id}}/remove"
    ),
    "POST /evaluations/{evaluation_id}/wait": (f"POST {API}/evaluations/{{evaluation_id}}/wait"),
    "POST /evaluations/{evaluation_id}/resume": (f"POST {API}/evaluations/{{evaluation_id}}/resume"),
    "POST /evaluations/{evaluation_id}/withdraw": (f"POST {API}/evaluations/{{evaluation_id}}/withdraw"),
    "POST /evaluations/{evaluation_id}/scorecard": f"PUT {API}/evaluations/{{evaluation_id}}/scorecard",
    "POST /evaluations/{evaluation_id}/scorecard/amend": (
        f"POST {API}/evaluations/{{evaluation_id}}/scorecard/amend"
    ),
    "POST /evaluations/{evaluation_id}/scorecard/carry": (
        f"POST {API}/evaluations/{{evaluation_id}}/scorecard/carry"
    ),
    "POST /evaluations/{evaluation_id}/moderation": (
        f"POST {API}/evaluations/{{evaluation_id}}/disagreements/{{item}}/resolution"
    ),
    "POST /evaluations/{evaluation_id}/moderation/remark": (
        f"POST {API}/evaluations/{{evaluation_id}}/disagreements/{{item}}/remarks"
    ),
    "POST /evaluations/{evaluation_id}/moderation/rescore": f"POST {API}/evaluations/{{evaluation_id}}/rescore",
    "POST /reference-cases": f"POST {API}/reference-cases",
    "POST /reference-cases/{case_id}": f"POST {API}/reference-cases/{{case_id}}/attempt",
    "POST /reference-cases/{case_id}/retire": f"POST {API}/reference-cases/{{case_id}}/retire",
    "POST /evaluations/{evaluation_id}/decide": f"POST {API}/evaluations/{{evaluation_id}}/decide",
    "POST /evaluations/{evaluation_id}/recompute": f"POST {API}/evaluations/{{evaluation_id}}/preview",
    "POST /evaluations/{evaluation_id}/undo": f"POST {API}/evaluations/{{evaluation_id}}/undo",
    "POST /evaluations/{evaluation_id}/let-stand": f"POST {API}/evaluations/{{evaluation_id}}/let-stand",
    "POST /tools/{slug}/edit": f"POST {API}/tools/{{slug}}/edit",
    "POST /tools/{slug}/quick-no": f"POST {API}/tools/{{slug}}/quick-no",
    "POST /inbox/{candidate_id}/quick-no": f"POST {API}/candidates/{{candidate_id}}/quick-no",
    # what other registries decided
    "POST /outside-verdicts/{outside_id}/place": f"POST {API}/outside-verdicts/{{outside_id}}/place",
    "POST /outside-verdicts/{outside_id}/set-aside": f"POST {API}/outside-verdicts/{{outside_id}}/set-aside",
    "POST /outside-verdicts/{outside_id}/propose": f"POST {API}/outside-verdicts/{{outside_id}}/propose",
    "POST /outside-verdicts/{outside_id}/adopt": f"POST {API}/outside-verdicts/{{outside_id}}/adopt",
    # the library of conditions
    "POST /conditions": f"POST {API}/conditions",
    "POST /conditions/starter": f"POST {API}/conditions/starter",
    "POST /conditions/{condition_id}/reword": f"POST {API}/conditions/{{condition_id}}/reword",
    "POST /conditions/{condition_id}/retire": f"POST {API}/conditions/{{condition_id}}/retire",
    "POST /conditions/{condition_id}/bring-back": f"POST {API}/conditions/{{condition_id}}/bring-back",
    # verdicts
    "POST /evaluations/{evaluation_id}/renew": f"POST {API}/evaluations/{{evaluation_id}}/renew",
    "POST /challenge": f"POST {API}/challenges",
    "POST /incident": f"POST {API}/incidents",
    "POST /verdicts/reopen": f"POST {API}/verdicts/reopen",
    "POST /verdicts/withdraw": f"POST {API}/verdicts/withdraw",
    "POST /verdicts/{number}/approve-again": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/conditions/{position}/take-back": f"POST {DUTY}/take-back",
    "POST /verdicts/{number}/keep": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/result": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/suspend": f"POST {API}/verdicts/{{number}}/suspension",
    "POST /verdicts/{number}/confirm": f"POST {API}/verdicts/{{number}}/suspension",
    "POST /verdicts/{number}/lift": f"POST {API}/verdicts/{{number}}/suspension",
    "POST /verdicts/{number}/revoke": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/sunset": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/graduate": f"POST {API}/verdicts/{{number}}/acts",
    "POST /verdicts/{number}/conditions/{position}/met": f"POST {DUTY}/met",
    "POST /verdicts/{number}/conditions/{position}/waive": f"POST {DUTY}/waive",
    # sources
    "POST /sources": f"POST {API}/sources",
    "POST /sources/check": f"POST {API}/sources/check",
    "POST /sources/import": f"POST {API}/sources/import",
    "POST /sources/import/add": f"POST {API}/sources/import",
    "POST /sources/starter": f"POST {API}/sources/starter",
    "POST /sources/bulk": f"POST {API}/sources/bulk",
    "POST /sources/rules": f"POST {API}/rules",
    "POST /sources/rules/{rule_id}/move": f"POST {API}/rules/{{rule_id}}/move",
    "POST /sources/rules/{rule_id}/remove": f"DELETE {API}/rules/{{rule_id}}",
    "POST /sources/rules/{rule_id}/let-in": f"POST {API}/rules/{{rule_id}}/let-in",
    "POST /sources/{source_id}/held": f"POST {API}/sources/{{source_id}}/held",
    "POST /sources/{source_id}/try": f"POST {API}/sources/{{source_id}}/try",
    "POST /sources/{source_id}/edit": f"PATCH {API}/sources/{{source_id}}",
    "POST /sources/{source_id}/address": f"PATCH {API}/sources/{{source_id}}",
    "POST /sources/{source_id}/pause": f"POST {API}/sources/{{source_id}}/pause",
    "POST /sources/{source_id}/resume": f"POST {API}/sources/{{source_id}}/resume",
    "POST /sources/{source_id}/fetch": f"POST {API}/sources/{{source_id}}/fetch",
    "POST /sources/{source_id}/undo-move": f"POST {API}/sources/{{source_id}}/undo-move",
    "POST /sources/{source_id}/remove": f"DELETE {API}/sources/{{source_id}}",
    # rubrics and offices
    "POST /rubrics": f"POST {API}/rubrics",
    "POST /rubrics/look": f"POST {API}/rubrics/look",
    "POST /rubrics/{number}/switch-on": f"POST {API}/rubrics/{{number}}/switch-on",
    "POST /offices": f"POST {API}/offices",
    "POST /offices/{code}": f"PATCH {API}/offices/{{code}}",
    # people
    "POST /people": f"POST {API}/people",
    "POST /people/{user_id}/roles": f"PUT {API}/people/{{user_id}}/roles",
    "POST /people/{user_id}/disable": f"POST {API}/people/{{user_id}}/disable",
    "POST /people/{user_id}/link": f"POST {API}/people/{{user_id}}/link",
    "POST /people/{user_id}/sign-out": f"POST {API}/people/{{user_id}}/sign-out",
    "POST /people/{user_id}/tokens": f"POST {API}/people/{{user_id}}/tokens",
    "POST /people/{user_id}/tokens/{token_id}/revoke": f"POST {API}/people/{{user_id}}/tokens/{{token_id}}/revoke",
}
"""Act of a page to the route of the API that does the same. A new act of a page belongs into this table."""

PAIRS = [(page, twin) for page, twin in TWINS.items() if isinstance(twin, str)]


def test_every_act_of_a_page_has_its_twin_in_the_api_or_a_reason_why_not(app: FastAPI) -> None:
    acts = {
        route
        for route in routes_of(app)
        if not route.startswith(("GET ", "OPTIONS ")) and f" {API}/" not in route
    }
    assert acts == TWINS.keys()


def test_a_reason_is_told_in_words() -> None:
    assert [page for page, each in TWINS.items() if isinstance(each, NoTwin) and not each.reason] == []


def test_each_twin_is_there_and_asks_for_the_same_right(app: FastAPI) -> None:
    known = routes_of(app)
    assert [twin for _, twin in PAIRS if twin not in known] == []
    assert [(page, twin) for page, twin in PAIRS if RIGHTS.get(twin) != RIGHTS.get(page)] == []
