"""Where reviewers are far apart: side by side, with remarks, one re-score each, and the owner's resolution."""

from fastapi import Request, Response

from registry.domain.errors import InvalidInput, StaleVersion
from registry.services.evaluations import moderation, taking_part
from registry.services.evaluations.assessing import weigh
from registry.store import evaluations
from registry.web.deps import House, Insider, Now, Read, Reviewer, RowId, Text, Triager, Tx
from registry.web.pages.moderation_view import moderation_page
from registry.web.pages.rescore_form import read_lines
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import Fields, number, version_of

router = page_router("/evaluations")
TEMPLATE = "evaluations/moderation.html"


@router.get("/{evaluation_id}/moderation")
def show_moderation(request: Request, evaluation_id: RowId, read: Read, user: Insider) -> Response:
    page = moderation_page(read, evaluations.get(read, evaluation_id), user)
    return render(request, TEMPLATE, page)


@router.post("/{evaluation_id}/moderation")
def resolve(
    request: Request,
    evaluation_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    house: House,
    item: Text = "",
    value: Text = "",
    reason: Text = "",
    version: Text = "",
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    form = Form({"value": value, "reason": reason})
    try:
        with tx.begin_nested():
            if item not in {each.id for each in weigh(tx, evaluation).disagreements}:
                raise InvalidInput("Nobody disagrees on that.", {"value": "Nobody disagrees on that."})
            moderation.moderate(
                tx,
                evaluation_id,
                item,
                value=value,
                reason=reason,
                solo=house.solo,
                by=user,
                now=now,
                version=version_of(version),
            )
    except InvalidInput as refused:
        page = moderation_page(
            tx, evaluation, user, form=Form(form.values, refused.faults), item=item, act="resolve"
        )
        return render(request, TEMPLATE, page, status=422)
    except StaleVersion as stale:
        page = moderation_page(
            tx, evaluation, user, form=form, item=item, act="resolve", stale=stale.sentence
        )
        return render(request, TEMPLATE, page, status=409)
    return go(f"/evaluations/{evaluation_id}/moderation#{item}")


@router.post("/{evaluation_id}/moderation/remark")
def remark(
    request: Request,
    evaluation_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    item: Text = "",
    text: Text = "",
    evidence: Text = "",
    asked: Text = "",
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    taking_part.require_voice(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            moderation.remark(
                tx,
                evaluation_id,
                item,
                text=text,
                evidence=evidence,
                asked_id=(number(asked) or 0) if asked else None,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = Form({"text": text, "evidence": evidence, "asked": asked}, refused.faults)
        page = moderation_page(tx, evaluation, user, form=form, item=item, act="remark")
        return render(request, TEMPLATE, page, status=422)
    return go(f"/evaluations/{evaluation_id}/moderation#{item}")


@router.post("/{evaluation_id}/moderation/rescore")
def rescore(
    request: Request, evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, house: House, typed: Fields
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            ratings, answers = read_lines(typed)
            moderation.rescore(
                tx,
                evaluation_id,
                ratings=ratings,
                knock_outs=answers,
                reason=typed.one("reason"),
                solo=house.solo,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        values = {name: typed.one(name) for name in typed.values}
        form = Form(values, refused.faults)
        page = moderation_page(tx, evaluation, user, form=form, item="rescore", act="rescore")
        return render(request, TEMPLATE, page, status=422)
    return go(f"/evaluations/{evaluation_id}/moderation")
