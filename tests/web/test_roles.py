"""Who may ask for what: every address of the site against everybody in the cast."""

import re
from collections.abc import Callable
from itertools import product

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.testclient import TestClient

from registry.domain.errors import NotAllowed
from registry.services.people.acting import Actor
from registry.services.people.api_tokens import SCOPES
from registry.store.tables import Role
from registry.web.deps import Right
from registry.web.open_routes import OPEN
from registry.web.routing import page_router, rights_in
from tests.conftest import in_whole

ANYBODY = "anybody"

RIGHTS = {
    "GET /openapi.json": ANYBODY,
    "GET /static/{name}": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": ANYBODY,
    "GET /login": ANYBODY,
    "POST /login": ANYBODY,
    "POST /logout": ANYBODY,
    "GET /sign-in/{token}": ANYBODY,
    "POST /sign-in/{token}": ANYBODY,
    "GET /forgotten": ANYBODY,
    "GET /login/oidc": ANYBODY,
    "GET /login/oidc/callback": ANYBODY,
    "GET /signed-out": ANYBODY,
    "POST /forgotten": ANYBODY,
    "GET /login/code": ANYBODY,
    "POST /login/code": ANYBODY,
    "GET /account/second-factor": "one's own second factor",
    "POST /account/second-factor": "one's own second factor",
    "POST /account/second-factor/confirm": "one's own second factor",
    "POST /account/second-factor/recovery-codes": "one's own second factor",
    "POST /account/second-factor/off": "one's own second factor",
    "POST /api/v1/account/second-factor": "one's own second factor",
    "POST /api/v1/account/second-factor/confirm": "one's own second factor",
    "POST /api/v1/account/second-factor/recovery-codes": "one's own second factor",
    "POST /api/v1/account/second-factor/off": "one's own second factor",
    "POST /people/{user_id}/second-factor/reset": "people and settings",
    "POST /api/v1/people/{user_id}/second-factor/reset": "people and settings",
    "GET /account": "one's own account",
    "POST /account/sessions/end": "one's own account",
    "POST /account/sessions/{name}/end": "one's own account",
    "POST /account/password": "one's own account",
    "POST /account/work-mails": "one's own account",
    "POST /account/tokens": "one's own account",
    "POST /account/tokens/{token_id}/revoke": "one's own account",
    "POST /account/delegations": "decide",
    "POST /account/delegations/{delegation_id}/end": "one's own account",
    "GET /api/v1/account": "signed in",
    "POST /api/v1/account/delegations": "decide",
    "POST /api/v1/account/delegations/{delegation_id}/end": "one's own account",
    "POST /api/v1/account/sessions/end": "one's own account",
    "POST /api/v1/account/sessions/{name}/end": "one's own account",
    "POST /api/v1/account/password": "one's own account",
    "POST /api/v1/account/work-mails": "one's own account",
    "POST /api/v1/account/tokens": "one's own account",
    "POST /api/v1/account/tokens/{token_id}/revoke": "one's own account",
    "POST /theme": ANYBODY,
    "GET /": ANYBODY,
    "GET /check": ANYBODY,
    "GET /check/list": ANYBODY,
    "GET /embed": ANYBODY,
    "POST /check/list": ANYBODY,
    "GET /go/{host:path}": ANYBODY,
    "GET /opensearch.xml": ANYBODY,
    "GET /suggest": ANYBODY,
    "GET /tools": ANYBODY,
    "GET /tools.{ending}": ANYBODY,
    "GET /radar": ANYBODY,
    "GET /radar.svg": ANYBODY,
    "GET /radar.csv": ANYBODY,
    "GET /radar.json": ANYBODY,
    "GET /radar.xlsx": ANYBODY,
    "GET /radar/risk-fit": ANYBODY,
    "GET /radar/backstage.json": ANYBODY,
    "GET /radar/zalando.json": ANYBODY,
    "GET /tools/{slug}": ANYBODY,
    "GET /tools/{slug}/badge.svg": ANYBODY,
    "GET /tools/{slug}/badge.json": ANYBODY,
    "GET /tools/{slug}/verdicts.{ending}": ANYBODY,
    "GET /evaluations": "see work in progress",
    "GET /evaluations.csv": "see work in progress",
    "GET /evaluations.xlsx": "see work in progress",
    "GET /evaluations.json": "see work in progress",
    "POST /evaluations": "triage",
    "GET /evaluations/new": "triage",
    "GET /evaluations/{evaluation_id}": "see work in progress",
    "POST /evaluations/{evaluation_id}/assign": "triage",
    "POST /evaluations/{evaluation_id}/unassign": "triage",
    "POST /evaluations/{evaluation_id}/owner": "triage",
    "POST /evaluations/{evaluation_id}/due": "triage",
    "POST /evaluations/{evaluation_id}/contacts": "triage",
    "POST /evaluations/{evaluation_id}/contacts/{person_id}/remove": "triage",
    "POST /evaluations/{evaluation_id}/interest": "triage",
    "POST /evaluations/{evaluation_id}/conditions": "triage",
    "POST /evaluations/{evaluation_id}/conditions/{condition_id}/remove": "triage",
    "POST /evaluations/{evaluation_id}/wait": "triage",
    "POST /evaluations/{evaluation_id}/resume": "triage",
    "POST /evaluations/{evaluation_id}/withdraw": "triage",
    "GET /evaluations/{evaluation_id}/scorecard": "score",
    "POST /evaluations/{evaluation_id}/scorecard": "score",
    "POST /evaluations/{evaluation_id}/scorecard/amend": "score",
    "POST /evaluations/{evaluation_id}/scorecard/carry": "score",
    "GET /evaluations/{evaluation_id}/moderation": "see work in progress",
    "POST /evaluations/{evaluation_id}/moderation": "triage",
    "POST /evaluations/{evaluation_id}/moderation/remark": "triage",
    "POST /evaluations/{evaluation_id}/moderation/rescore": "score",
    "GET /evaluations/{evaluation_id}/decide": "decide, or the quick lane",
    "POST /evaluations/{evaluation_id}/decide": "decide, or the quick lane",
    "POST /evaluations/{evaluation_id}/recompute": "decide, or the quick lane",
    "GET /evaluations/{evaluation_id}/renewal": "see work in progress",
    "POST /evaluations/{evaluation_id}/renew": "decide, or the quick lane",
    "POST /api/v1/evaluations/{evaluation_id}/renew": "decide, or the quick lane",
    "POST /evaluations/{evaluation_id}/undo": "decide, or the quick lane",
    "GET /challenge": ANYBODY,
    "POST /challenge": ANYBODY,
    "GET /incident": ANYBODY,
    "POST /incident": ANYBODY,
    "GET /due": "see the sources",
    "GET /due.csv": "see the sources",
    "GET /due.xlsx": "see the sources",
    "GET /due.json": "see the sources",
    "GET /api/v1/due": "see the sources",
    "POST /api/v1/challenges": ANYBODY,
    "POST /api/v1/incidents": ANYBODY,
    "GET /api/v1/reports": "see work in progress",
    "GET /api/v1/reopenings": "see work in progress",
    "GET /api/v1/outside-verdicts": "see the sources",
    "GET /api/v1/outside-verdicts/{outside_id}": "see the sources",
    "POST /api/v1/outside-verdicts/{outside_id}/place": "triage",
    "POST /api/v1/outside-verdicts/{outside_id}/set-aside": "triage",
    "POST /api/v1/outside-verdicts/{outside_id}/propose": "triage",
    "GET /api/v1/outside-verdicts/{outside_id}/adopt": "decide",
    "POST /api/v1/outside-verdicts/{outside_id}/adopt": "decide",
    "GET /outside-verdicts": "see the sources",
    "GET /export.{ending}": "see the sources",
    "GET /outside-verdicts.csv": "see the sources",
    "GET /outside-verdicts.xlsx": "see the sources",
    "GET /outside-verdicts.json": "see the sources",
    "GET /outside-verdicts/{outside_id}": "see the sources",
    "POST /outside-verdicts/{outside_id}/place": "triage",
    "POST /outside-verdicts/{outside_id}/set-aside": "triage",
    "POST /outside-verdicts/{outside_id}/propose": "triage",
    "GET /outside-verdicts/{outside_id}/adopt": "decide",
    "POST /outside-verdicts/{outside_id}/adopt": "decide",
    "POST /api/v1/verdicts/withdraw": "decide",
    "POST /api/v1/verdicts/reopen": "triage",
    "POST /api/v1/verdicts/{number}/suspension": "suspend",
    "POST /api/v1/verdicts/{number}/acts": "decide",
    "POST /api/v1/verdicts/{number}/conditions/{position}/met": "decide",
    "POST /api/v1/verdicts/{number}/conditions/{position}/waive": "decide",
    "POST /api/v1/verdicts/{number}/conditions/{position}/take-back": "decide",
    "GET /requests": "see work in progress",
    "GET /requests.csv": "see work in progress",
    "GET /requests.xlsx": "see work in progress",
    "GET /requests.json": "see work in progress",
    "GET /api/v1/requests": "see work in progress",
    "GET /evaluations/work": "see work in progress",
    "GET /evaluations/work.csv": "see work in progress",
    "GET /evaluations/work.xlsx": "see work in progress",
    "GET /evaluations/work.json": "see work in progress",
    "GET /sources.csv": "see the sources",
    "GET /sources.xlsx": "see the sources",
    "GET /sources.json": "see the sources",
    "GET /people.csv": "people and settings",
    "GET /people.xlsx": "people and settings",
    "GET /people.json": "people and settings",
    "GET /api/v1/candidates/{candidate_id}/suggestions": "triage",
    "GET /reports": "see work in progress",
    "GET /reports.csv": "see work in progress",
    "GET /reports.xlsx": "see work in progress",
    "GET /reports.json": "see work in progress",
    "GET /reopenings": "see work in progress",
    "GET /reopenings.csv": "see work in progress",
    "GET /reopenings.xlsx": "see work in progress",
    "GET /reopenings.json": "see work in progress",
    "GET /verdicts/reopen": "triage",
    "POST /verdicts/reopen": "triage",
    "GET /verdicts/withdraw": "decide",
    "POST /verdicts/withdraw": "decide",
    "POST /evaluations/{evaluation_id}/let-stand": "decide",
    "GET /tools/{slug}/edit": "triage",
    "POST /tools/{slug}/edit": "triage",
    "GET /tools/{slug}/quick-no": "decide, or the quick lane",
    "POST /tools/{slug}/quick-no": "decide, or the quick lane",
    "GET /inbox/{candidate_id}/quick-no": "decide, or the quick lane",
    "POST /inbox/{candidate_id}/quick-no": "decide, or the quick lane",
    "GET /conditions": "see the conditions",
    "POST /conditions": "conditions",
    "POST /conditions/starter": "conditions",
    "GET /conditions/{condition_id}": "see the conditions",
    "POST /conditions/{condition_id}/reword": "conditions",
    "POST /conditions/{condition_id}/retire": "conditions",
    "POST /conditions/{condition_id}/bring-back": "conditions",
    "GET /verdicts/{number}/acts": "suspend",
    "POST /verdicts/{number}/suspend": "suspend",
    "POST /verdicts/{number}/confirm": "suspend",
    "POST /verdicts/{number}/lift": "suspend",
    "POST /verdicts/{number}/revoke": "decide",
    "POST /verdicts/{number}/sunset": "decide",
    "POST /verdicts/{number}/keep": "decide",
    "POST /verdicts/{number}/graduate": "decide",
    "POST /verdicts/{number}/approve-again": "decide",
    "POST /verdicts/{number}/result": "decide",
    "POST /verdicts/{number}/conditions/{position}/met": "decide",
    "POST /verdicts/{number}/conditions/{position}/waive": "decide",
    "GET /dashboard": "see work in progress",
    "GET /dashboard.csv": "see work in progress",
    "GET /dashboard/{code}": "see work in progress",
    "GET /dashboard/{code}.csv": "see work in progress",
    "GET /reference-cases": "see reference cases",
    "POST /reference-cases": "keep reference cases",
    "GET /reference-cases/new": "keep reference cases",
    "GET /reference-cases/{case_id}": "see reference cases",
    "POST /reference-cases/{case_id}": "score",
    "POST /reference-cases/{case_id}/retire": "keep reference cases",
    "GET /agreement": "see work in progress",
    "GET /agreement/{criterion_id}": "see work in progress",
    "GET /agreement/{criterion_id}.csv": "see work in progress",
    "POST /verdicts/{number}/conditions/{position}/take-back": "decide",
    "GET /rubrics": "see the rubrics",
    "POST /rubrics": "rubrics and offices",
    "POST /rubrics/look": "rubrics and offices",
    "GET /rubrics/{number}": "see the rubrics",
    "POST /rubrics/{number}/switch-on": "rubrics and offices",
    "GET /offices": "see the rubrics",
    "POST /offices": "rubrics and offices",
    "GET /offices/{code}": "see the rubrics",
    "POST /offices/{code}": "rubrics and offices",
    "GET /verdicts": ANYBODY,
    "GET /verdicts.{ending}": ANYBODY,
    "GET /verdicts/{number}": ANYBODY,
    "GET /verdicts/{number}/proof": ANYBODY,
    "GET /log/checkpoint": ANYBODY,
    "GET /log/consistency/{size}": ANYBODY,
    "GET /log/key": ANYBODY,
    "GET /feeds": ANYBODY,
    "GET /feeds.opml": ANYBODY,
    "GET /feeds/verdicts.{ending}": ANYBODY,
    "OPTIONS /feeds/verdicts.{ending}": ANYBODY,
    "OPTIONS /tools/{slug}/verdicts.{ending}": ANYBODY,
    "GET /request/{secret}/leave": ANYBODY,
    "POST /request/{secret}/leave": ANYBODY,
    "GET /follow": ANYBODY,
    "POST /follow": ANYBODY,
    "GET /follow/asked": ANYBODY,
    "GET /follow/{token}": ANYBODY,
    "POST /follow/{token}/confirm": ANYBODY,
    "POST /follow/{token}/how": ANYBODY,
    "GET /follow/{token}/leave": ANYBODY,
    "POST /follow/{token}/leave": ANYBODY,
    "GET /webhooks": "webhooks and the outbox",
    "POST /webhooks": "webhooks and the outbox",
    "GET /webhooks/{webhook_id}": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/rotate": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/on": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/off": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/test": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/replay": "webhooks and the outbox",
    "POST /webhooks/{webhook_id}/remove": "webhooks and the outbox",
    "GET /outbox": "webhooks and the outbox",
    "POST /outbox/replay": "webhooks and the outbox",
    "POST /outbox/{delivery_id}/replay": "webhooks and the outbox",
    "POST /api/v1/requests/{secret}/leave": ANYBODY,
    "POST /api/v1/follows": ANYBODY,
    "GET /api/v1/follows/{token}": ANYBODY,
    "POST /api/v1/follows/{token}/confirm": ANYBODY,
    "PATCH /api/v1/follows/{token}": ANYBODY,
    "DELETE /api/v1/follows/{token}": ANYBODY,
    "GET /api/v1/webhooks": "webhooks and the outbox",
    "POST /api/v1/webhooks": "webhooks and the outbox",
    "GET /api/v1/webhooks/{webhook_id}": "webhooks and the outbox",
    "PUT /api/v1/webhooks/{webhook_id}": "webhooks and the outbox",
    "DELETE /api/v1/webhooks/{webhook_id}": "webhooks and the outbox",
    "POST /api/v1/webhooks/{webhook_id}/rotate": "webhooks and the outbox",
    "POST /api/v1/webhooks/{webhook_id}/on": "webhooks and the outbox",
    "POST /api/v1/webhooks/{webhook_id}/off": "webhooks and the outbox",
    "POST /api/v1/webhooks/{webhook_id}/test": "webhooks and the outbox",
    "GET /api/v1/webhooks/{webhook_id}/deliveries": "webhooks and the outbox",
    "GET /api/v1/outbox": "webhooks and the outbox",
    "GET /api/v1/outbox/deliveries": "webhooks and the outbox",
    "POST /api/v1/outbox/replay": "webhooks and the outbox",
    "POST /api/v1/outbox/deliveries/{delivery_id}/replay": "webhooks and the outbox",
    "GET /request": ANYBODY,
    "POST /request": ANYBODY,
    "GET /request/{secret}": ANYBODY,
    "GET /guidance": ANYBODY,
    "GET /accessibility": ANYBODY,
    "GET /robots.txt": ANYBODY,
    "GET /sitemap.xml": ANYBODY,
    "GET /.well-known/security.txt": ANYBODY,
    "GET /api": ANYBODY,
    "GET /inbox": "see work in progress",
    "POST /inbox/bulk": "triage",
    "POST /inbox/acts/{act_id}/undo": "triage",
    "POST /inbox/filters": "see work in progress",
    "POST /inbox/filters/{filter_id}/remove": "see work in progress",
    "GET /inbox.csv": "see work in progress",
    "GET /inbox.xlsx": "see work in progress",
    "GET /inbox.json": "see work in progress",
    "GET /inbox/dismissals": "see work in progress",
    "GET /inbox/dismissals.csv": "see work in progress",
    "GET /inbox/dismissals.xlsx": "see work in progress",
    "GET /inbox/dismissals.json": "see work in progress",
    "GET /inbox/{candidate_id}/preview": "see work in progress",
    "GET /inbox/{candidate_id}/compare": "see work in progress",
    "POST /inbox/{candidate_id}/differ": "triage",
    "POST /inbox/{candidate_id}/reopen": "triage",
    "POST /inbox/keys": "see work in progress",
    "GET /inbox/{candidate_id}": "see work in progress",
    "POST /inbox/{candidate_id}/accept": "triage",
    "POST /inbox/{candidate_id}/dismiss": "triage",
    "POST /inbox/{candidate_id}/merge": "triage",
    "POST /inbox/{candidate_id}/watch": "triage",
    "POST /inbox/{candidate_id}/labels": "triage",
    "POST /inbox/{candidate_id}/edit": "triage",
    "GET /sources": "see the sources",
    "POST /sources": "sources",
    "GET /sources/new": "sources",
    "POST /sources/check": "sources",
    "POST /sources/import": "sources",
    "POST /sources/import/add": "sources",
    "GET /sources/starter": "sources",
    "POST /sources/starter": "sources",
    "POST /sources/bulk": "sources",
    "GET /sources/rules": "see the sources",
    "GET /sources/rules/try": "sources",
    "POST /sources/rules": "sources",
    "POST /sources/rules/{rule_id}/move": "sources",
    "POST /sources/rules/{rule_id}/remove": "sources",
    "POST /sources/rules/{rule_id}/let-in": "sources",
    "GET /sources.opml": "sources",
    "GET /sources/health.atom": ANYBODY,
    "GET /sources/{source_id}": "see the sources",
    "GET /sources/{source_id}/held": "see the sources",
    "POST /sources/{source_id}/held": "sources",
    "POST /sources/{source_id}/try": "sources",
    "POST /sources/{source_id}/edit": "sources",
    "POST /sources/{source_id}/address": "sources",
    "POST /sources/{source_id}/pause": "sources",
    "POST /sources/{source_id}/resume": "sources",
    "POST /sources/{source_id}/fetch": "sources",
    "POST /sources/{source_id}/undo-move": "sources",
    "POST /sources/{source_id}/remove": "sources",
    "GET /audit": "audit",
    "GET /audit.csv": "audit",
    "GET /audit.xlsx": "audit",
    "GET /people": "people and settings",
    "POST /people": "people and settings",
    "GET /people/{user_id}": "people and settings",
    "POST /people/{user_id}/roles": "people and settings",
    "POST /people/{user_id}/disable": "people and settings",
    "POST /people/{user_id}/link": "people and settings",
    "POST /people/{user_id}/sign-out": "people and settings",
    "POST /people/{user_id}/tokens": "people and settings",
    "POST /people/{user_id}/tokens/{token_id}/revoke": "people and settings",
    "GET /api/v1/check": ANYBODY,
    "POST /api/v1/check": ANYBODY,
    "POST /api/v1/chat/slack": ANYBODY,
    "POST /api/v1/chat/teams": ANYBODY,
    "GET /api/v1/tools": ANYBODY,
    "GET /api/v1/tools/{slug}": ANYBODY,
    "GET /api/v1/verdicts": ANYBODY,
    "GET /api/v1/verdicts/{number}": ANYBODY,
    "GET /api/v1/candidates": "triage",
    "POST /api/v1/candidates/bulk": "triage",
    "GET /api/v1/candidates/acts": "triage",
    "POST /api/v1/candidates/acts/{act_id}/undo": "triage",
    "GET /api/v1/candidates/filters": "see work in progress",
    "POST /api/v1/candidates/filters": "see work in progress",
    "DELETE /api/v1/candidates/filters/{filter_id}": "see work in progress",
    "GET /api/v1/candidates/dismissals": "triage",
    "GET /api/v1/candidates/{candidate_id}/duplicates": "triage",
    "POST /api/v1/candidates/{candidate_id}/differ": "triage",
    "POST /api/v1/candidates/{candidate_id}/edit": "triage",
    "GET /api/v1/candidates/{candidate_id}": "triage",
    "POST /api/v1/candidates/{candidate_id}/accept": "triage",
    "POST /api/v1/candidates/{candidate_id}/dismiss": "triage",
    "POST /api/v1/candidates/{candidate_id}/merge": "triage",
    "POST /api/v1/candidates/{candidate_id}/watch": "triage",
    "POST /api/v1/candidates/{candidate_id}/reopen": "triage",
    "POST /api/v1/candidates/{candidate_id}/labels": "triage",
    "GET /api/v1/rules": "see the sources",
    "POST /api/v1/rules": "sources",
    "POST /api/v1/rules/try": "sources",
    "DELETE /api/v1/rules/{rule_id}": "sources",
    "POST /api/v1/rules/{rule_id}/move": "sources",
    "POST /api/v1/rules/{rule_id}/let-in": "sources",
    "POST /api/v1/requests": ANYBODY,
    "POST /api/v1/sources/import": "sources",
    "POST /api/v1/sources/bulk": "sources",
    "GET /api/v1/sources": "see the sources",
    "POST /api/v1/sources": "sources",
    "POST /api/v1/sources/check": "sources",
    "GET /api/v1/sources/starter": "sources",
    "POST /api/v1/sources/starter": "sources",
    "GET /api/v1/sources/{source_id}": "see the sources",
    "PATCH /api/v1/sources/{source_id}": "sources",
    "DELETE /api/v1/sources/{source_id}": "sources",
    "POST /api/v1/sources/{source_id}/try": "sources",
    "POST /api/v1/sources/{source_id}/undo-move": "sources",
    "POST /api/v1/sources/{source_id}/pause": "sources",
    "POST /api/v1/sources/{source_id}/resume": "sources",
    "POST /api/v1/sources/{source_id}/fetch": "sources",
    "GET /api/v1/sources/{source_id}/held": "see the sources",
    "POST /api/v1/sources/{source_id}/held": "sources",
    "GET /api/v1/evaluations": "see work in progress",
    "GET /api/v1/evaluations/{evaluation_id}": "see work in progress",
    "GET /api/v1/evaluations/work": "see work in progress",
    "GET /api/v1/evaluations/{evaluation_id}/reviewers": "see work in progress",
    "POST /api/v1/evaluations": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/assign": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/unassign": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/owner": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/due": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/contacts": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/contacts/{person_id}/remove": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/interest": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/conditions": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/conditions/{condition_id}/remove": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/wait": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/resume": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/withdraw": "triage",
    "GET /api/v1/evaluations/{evaluation_id}/scorecard": "score",
    "PUT /api/v1/evaluations/{evaluation_id}/scorecard": "score",
    "POST /api/v1/evaluations/{evaluation_id}/scorecard/submit": "score",
    "POST /api/v1/evaluations/{evaluation_id}/scorecard/amend": "score",
    "POST /api/v1/evaluations/{evaluation_id}/scorecard/carry": "score",
    "GET /api/v1/rubrics": "see the rubrics",
    "POST /api/v1/rubrics": "rubrics and offices",
    "POST /api/v1/rubrics/look": "rubrics and offices",
    "GET /api/v1/rubrics/{number}": "see the rubrics",
    "GET /api/v1/rubrics/{number}/comparison": "see the rubrics",
    "POST /api/v1/rubrics/{number}/switch-on": "rubrics and offices",
    "GET /api/v1/offices": "see the rubrics",
    "POST /api/v1/offices": "rubrics and offices",
    "GET /api/v1/offices/{code}": "see the rubrics",
    "PATCH /api/v1/offices/{code}": "rubrics and offices",
    "POST /api/v1/offices/{code}/try": "see the rubrics",
    "GET /api/v1/people": "people and settings",
    "POST /api/v1/people": "people and settings",
    "GET /api/v1/people/{user_id}": "people and settings",
    "PUT /api/v1/people/{user_id}/roles": "people and settings",
    "POST /api/v1/people/{user_id}/disable": "people and settings",
    "POST /api/v1/people/{user_id}/link": "people and settings",
    "POST /api/v1/people/{user_id}/sign-out": "people and settings",
    "POST /api/v1/people/{user_id}/delegations/{delegation_id}/end": "people and settings",
    "POST /people/{user_id}/delegations/{delegation_id}/end": "people and settings",
    "POST /api/v1/people/{user_id}/tokens": "people and settings",
    "POST /api/v1/people/{user_id}/tokens/{token_id}/revoke": "people and settings",
    "GET /api/v1/evaluations/{evaluation_id}/disagreements": "see work in progress",
    "POST /api/v1/evaluations/{evaluation_id}/disagreements/{item}/resolution": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/disagreements/{item}/remarks": "triage",
    "POST /api/v1/evaluations/{evaluation_id}/rescore": "score",
    "GET /api/v1/reference-cases": "see reference cases",
    "POST /api/v1/reference-cases": "keep reference cases",
    "GET /api/v1/reference-cases/{case_id}": "see reference cases",
    "POST /api/v1/reference-cases/{case_id}/attempt": "score",
    "POST /api/v1/reference-cases/{case_id}/retire": "keep reference cases",
    "GET /api/v1/numbers": "see work in progress",
    "GET /api/v1/numbers/{code}": "see work in progress",
    "GET /api/v1/agreement": "see work in progress",
    "GET /api/v1/agreement/{criterion_id}": "see work in progress",
    "GET /api/v1/evaluations/{evaluation_id}/memo": "see work in progress",
    "POST /api/v1/evaluations/{evaluation_id}/preview": "decide, or the quick lane",
    "POST /api/v1/evaluations/{evaluation_id}/decide": "decide, or the quick lane",
    "POST /api/v1/evaluations/{evaluation_id}/undo": "decide, or the quick lane",
    "POST /api/v1/evaluations/{evaluation_id}/let-stand": "decide",
    "POST /api/v1/tools/{slug}/edit": "triage",
    "POST /api/v1/tools/{slug}/quick-no": "decide, or the quick lane",
    "POST /api/v1/candidates/{candidate_id}/quick-no": "decide, or the quick lane",
    "GET /api/v1/conditions": "see the conditions",
    "POST /api/v1/conditions": "conditions",
    "POST /api/v1/conditions/starter": "conditions",
    "GET /api/v1/conditions/{condition_id}": "see the conditions",
    "POST /api/v1/conditions/{condition_id}/reword": "conditions",
    "POST /api/v1/conditions/{condition_id}/retire": "conditions",
    "POST /api/v1/conditions/{condition_id}/bring-back": "conditions",
    "GET /api/v1/events": "audit",
}
"""Method and path to the right it asks for. A new route belongs into this table, or the tests fail."""

HOLDERS = {
    "one's own second factor": {"employee", "reviewer", "approver", "admin", "auditor"},
    ANYBODY: {"nobody", "employee", "reviewer", "approver", "admin", "auditor"},
    "one's own account": {"employee", "reviewer", "approver", "admin", "auditor"},
    "signed in": {"employee", "reviewer", "approver", "admin", "auditor"},
    "see work in progress": {"reviewer", "approver", "auditor"},
    "see the rubrics": {"reviewer", "approver", "admin", "auditor"},
    "rubrics and offices": {"admin"},
    "see the sources": {"reviewer", "approver", "admin", "auditor"},
    "triage": {"reviewer", "approver"},
    "score": {"reviewer"},
    "decide": {"approver"},
    "decide, or the quick lane": {"reviewer", "approver"},
    "suspend": {"approver", "admin"},
    "see reference cases": {"reviewer", "approver", "admin", "auditor"},
    "keep reference cases": {"approver", "admin"},
    "see the conditions": {"reviewer", "approver", "admin", "auditor"},
    "conditions": {"approver", "admin"},
    "sources": {"admin"},
    "people and settings": {"admin"},
    "webhooks and the outbox": {"admin"},
    "audit": {"admin", "auditor"},
}
EVERYBODY = ("nobody", "employee", "reviewer", "approver", "admin", "auditor")


def routes_of(app: FastAPI) -> dict[str, str]:
    """`GET /people` to the rights its signature asks for, or ANYBODY."""
    found = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        rights = {each.right for each in rights_in(route.dependant)} if isinstance(route, APIRoute) else set()
        for method in sorted(set(context.methods or {"GET"}) - {"HEAD"}):
            found[f"{method} {context.path}"] = " and ".join(sorted(rights)) or ANYBODY
    return found


def test_every_route_asks_for_just_the_right_that_the_table_says(app: FastAPI) -> None:
    assert routes_of(app) == RIGHTS


def test_what_is_open_to_anybody_is_said_once_more_by_name(app: FastAPI) -> None:
    framework = {"GET /openapi.json", "GET /static/{name}"}
    of_a_copy = {"GET /a-z", "GET /a-z/{beginning}"}
    assert {route for route, right in RIGHTS.items() if right == ANYBODY} - framework == OPEN - of_a_copy


def test_a_route_that_does_not_say_who_may_ask_answers_nobody(
    app: FastAPI, as_: Callable[[str], TestClient]
) -> None:
    router = page_router()

    @router.get("/forgotten-right")
    def handler() -> str:
        return "for everybody?"

    app.router.routes.extend(router.routes)
    for _ in range(2):
        reply = as_("admin").get("/forgotten-right")
        assert (reply.status_code, "for everybody" in reply.text) == (500, False)


def every_right(app: FastAPI) -> dict[str, list[Right]]:
    return {
        f"{method} {context.path}": list(rights_in(context.original_route.dependant))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in sorted(set(context.methods or {"GET"}) - {"HEAD"})
    }


def test_every_route_lets_in_each_role_in_person_and_each_token_by_its_scope_alone(app: FastAPI) -> None:
    """Every route, every role, in person and with a token of each scope: who gets past all rights it asks for."""
    for route, rights in every_right(app).items():
        for role, scope in product(Role, (None, *SCOPES)):
            actor = Actor(1, "Somebody", frozenset({role}), None if scope is None else frozenset({scope}))
            let_in = all(passes(each, actor) for each in rights)
            may = role.value in HOLDERS[RIGHTS[route]]
            scopes = {each.scope for each in rights}
            assert let_in == (may and (scope is None or scopes <= {scope})), f"{route} as {role} with {scope}"


def passes(right: Right, actor: Actor) -> bool:
    try:
        return right.let_in(Request({"type": "http"}), actor) is actor
    except NotAllowed:
        return False


def test_no_token_decides_or_makes_people_or_tokens(app: FastAPI) -> None:
    scopes = {route: {each.scope for each in rights} for route, rights in every_right(app).items() if rights}
    for route in scopes:
        acts = route.split()[0] not in ("GET", "OPTIONS")
        if acts and re.search(
            r"/(people|decide|evaluations/[^ ]*/undo|let-stand|quick-no|suspension|tokens|password)\b", route
        ):
            assert None in scopes[route], route


def test_no_act_is_done_for_another_site_whoever_is_signed_in(as_: Callable[[str], TestClient]) -> None:
    browsers = {who: as_(who) for who in EVERYBODY if who != "nobody"}
    for route, right in RIGHTS.items():
        method, path = route.split()
        if method in ("GET", "OPTIONS"):
            continue
        browser = browsers[min(HOLDERS[right] - {"nobody"})]
        address = re.sub(r"\{[^}]*\}", "1", path)
        for proof in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            reply = browser.request(method, address, headers=proof)
            assert (reply.status_code, "another site" in reply.text) == (403, True), (
                f"{route}: {reply.status_code}"
            )


def a_page_and_an_operation_for_each_right() -> list[str]:
    """What asks for a right stands in each route's signature; that asking helps is seen by one route of each form."""
    return list({(right, "/api/" in route, route[:3]): route for route, right in RIGHTS.items()}.values())


def of_each_route_two(who: str) -> list[str]:
    """Every third route: each is asked by two, of whom one may do little and one much."""
    return list(RIGHTS)[EVERYBODY.index(who) % 3 :: 3]


@pytest.mark.parametrize(
    ("who", "routes"),
    [
        *((who, a_page_and_an_operation_for_each_right()) for who in EVERYBODY),
        *in_whole((who, of_each_route_two(who)) for who in EVERYBODY),
    ],
    ids=[f"{who}-{which}" for which in ("few", "more") for who in EVERYBODY],
)
def test_nobody_gets_further_than_the_table_says(
    who: str, routes: list[str], client: TestClient, as_: Callable[[str], TestClient]
) -> None:
    browser = client if who == "nobody" else as_(who)
    for route in routes:
        right = RIGHTS[route]
        method, path = route.split()
        if route == "POST /logout":
            continue
        address = (
            path.replace("{user_id}", "999999")
            .replace("{candidate_id}", "999999")
            .replace("{source_id}", "999999")
            .replace("{case_id}", "999999")
            .replace("{token_id}", "999999")
            .replace("{rule_id}", "999999")
            .replace("{delegation_id}", "999999")
            .replace("{webhook_id}", "999999")
            .replace("{delivery_id}", "999999")
            .replace("{condition_id}", "999999")
            .replace("{", "")
            .replace("}", "")
        )
        reply = browser.request(method, address, headers={"Accept": "application/json"})
        refused = reply.status_code in (401, 403)
        assert refused == (who not in HOLDERS[right]), f"{route} as {who}: {reply.status_code}"


def test_nothing_that_asks_for_a_right_is_for_caches_on_the_way_or_other_sites(
    as_: Callable[[str], TestClient],
) -> None:
    browsers = {who: as_(who) for who in EVERYBODY if who != "nobody"}
    seen = 0
    for route, right in RIGHTS.items():
        method, path = route.split()
        if method != "GET" or "nobody" in HOLDERS[right]:
            continue
        reply = browsers[min(HOLDERS[right])].get(re.sub(r"\{\w*\}", "1", path))
        kept = set(reply.headers.get("cache-control", "").split(", "))
        assert reply.status_code != 200 or kept & {"private", "no-store"}, f"{route}: {kept}"
        assert "access-control-allow-origin" not in reply.headers, route
        seen += reply.status_code == 200
    assert seen > 50


NUMBERS = (str(2**63), "9" * 40, "-1", "0", "1e3")


@pytest.mark.parametrize("first", [0, *in_whole([3])])
def test_an_address_with_a_number_that_nothing_can_have_is_simply_not_there(
    first: int, as_: Callable[[str], TestClient]
) -> None:
    """Each route with one of the numbers in turn, and in the long form with another."""
    browsers = {who: as_(who) for who in EVERYBODY if who != "nobody"}
    numbered = [route for route in RIGHTS if re.search(r"\{(\w+_id|number|position)\}", route)]
    for place, route in enumerate(numbered, first):
        method, path = route.split()
        address = re.sub(r"\{(\w+_id|number|position)\}", NUMBERS[place % len(NUMBERS)], path)
        holder = min(HOLDERS[RIGHTS[route]] - {"nobody"})
        reply = browsers[holder].request(method, address)
        assert reply.status_code == 404, f"{method} {address}: {reply.status_code}"


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_head_of_a_page_offers_just_what_the_reader_may_open(
    who: str, client: TestClient, as_: Callable[[str], TestClient]
) -> None:
    browser = client if who == "nobody" else as_(who)
    offered = re.findall(r'<li><a href="(/[^"]*)"', browser.get("/feeds").text.partition("<main")[0])
    assert "/tools" in offered
    assert {address: browser.get(address).status_code for address in offered} == dict.fromkeys(offered, 200)
    staff = {each for each in ("/inbox", "/evaluations", "/sources", "/people") if each in offered}
    assert staff == {
        "nobody": set(),
        "employee": set(),
        "admin": {"/sources", "/people"},
    }.get(who, {"/inbox", "/evaluations", "/sources"})


def test_the_holders_of_each_right_are_those_its_dependency_lets_in(app: FastAPI) -> None:
    from registry.web import deps

    for name in (
        "SignedIn",
        "Insider",
        "SourceReader",
        "RubricReader",
        "RubricKeeper",
        "Triager",
        "Reviewer",
        "Approver",
        "Decider",
        "Suspender",
        "ConditionReader",
        "ConditionKeeper",
        "SourceKeeper",
        "HookKeeper",
    ):
        right = getattr(deps, name).__metadata__[0].dependency
        assert {role.value for role in right.roles} == HOLDERS[right.right]
