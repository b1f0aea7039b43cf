"""An answer as the object that `/api/v1/check` and `registry check --json` give. Source: interface.md."""

from typing import Any

from registry.domain.outside import Others
from registry.domain.verdict import Verdict
from registry.services.answers.lookup import LookUp, Suggestion


def told(found: LookUp, *, base_url: str) -> dict[str, Any]:
    answer = found.answer
    return {
        "query": found.query,
        "match": found.match
        and {
            "kind": found.match.kind,
            "tool": {
                "slug": found.match.tool.slug,
                "name": found.match.tool.name,
                "url": f"{base_url}/tools/{found.match.tool.slug}",
            },
        },
        "answer": answer.code.value,
        "depends_on": list(answer.depends_on),
        "sentence": answer.sentence,
        "conditions": [
            {
                "text": each.text,
                "who": each.duty,
                "check": each.check,
                "due_on": each.due_on and each.due_on.isoformat(),
                "state": each.state,
            }
            for each in answer.conditions
        ],
        "alternatives": [_suggestion(each) for each in found.alternatives],
        "guidance": [found.tool.guidance] if found.tool and found.tool.guidance else [],
        "verdict": _verdict(answer.verdict, base_url),
        "editions": [
            {"name": each.name, "answer": each.code.value, "verdict": _verdict(each.verdict, base_url)}
            for each in answer.editions
        ],
        "suggestions": [_suggestion(each) for each in found.suggestions],
        "evidence": _evidence(found.evidence),
    }


def _evidence(found: Others) -> dict[str, Any] | None:
    """What others decided, as evidence; None where they did not, or where something is decided here."""
    if not found.sentence:
        return None
    told = [
        {
            "registry": each.registry,
            "outcome": each.outside.outcome.value,
            "conditions": [condition.text for condition in each.outside.conditions],
            "decided_on": each.outside.decided_on and each.outside.decided_on.isoformat(),
            "url": each.outside.url,
        }
        for each in found.standing
    ]
    return {"sentence": found.sentence, "verdicts": told}


def _suggestion(each: Suggestion) -> dict[str, Any]:
    return {"slug": each.tool.slug, "name": each.tool.name, "answer": each.code.value}


def _verdict(verdict: Verdict | None, base_url: str) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "number": verdict.number,
        "outcome": verdict.outcome.value,
        "decided_at": verdict.decided_at.isoformat(),
        "valid_until": verdict.valid_until and verdict.valid_until.isoformat(),
        "url": f"{base_url}/verdicts/{verdict.number}",
    }
