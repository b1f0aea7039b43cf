"""One candidate: its page, its preview beside the list, and every act on it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.tag import parted as parted_tags
from registry.domain.triage import DismissReason
from registry.services.candidates import editing, merging, triage
from registry.services.candidates.labels import label, parted
from registry.services.candidates.letting_in import OnAnothersHost
from registry.services.candidates.recording import DoneAlready
from registry.services.people.acting import Actor
from registry.store import candidates, tools, triage_acts
from registry.store.columns import id_of
from registry.web.deps import Asked, Called, Insider, Now, Read, RowId, Several, Text, Triager, Tx
from registry.web.pages.candidate_view import CATEGORY, MOST_IN_PREVIEW, TAG, candidate_page
from registry.web.pages.inbox import inside, told_of
from registry.web.pages.inbox_view import told
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.typed import number, version_of

router = page_router("/inbox/{candidate_id}")
NOTHING_CHOSEN = "Choose what it is the same as, or look for it by its name."


@router.get("")
def show_candidate(
    request: Request,
    candidate_id: RowId,
    roll: Called,
    read: Read,
    user: Insider,
    now: Now,
    done: Asked = "",
    act: Asked = "",
    back: Asked = "",
) -> Response:
    """`act` opens the form of one act, `back` is the list to return to after it."""
    page = candidate_page(
        read,
        candidate_id,
        user,
        now,
        told=told(read, number(done) or 0, user, now),
        act=act,
        back=inside(back) if back else "",
        mark=roll.mark,
    )
    return render(request, "inbox/show.html", page)


@router.get("/preview")
def preview(request: Request, candidate_id: RowId, read: Read, user: Insider, now: Now) -> Response:
    """The gist of it as a piece of page, to stand beside the list."""
    page = candidate_page(read, candidate_id, user, now, most=MOST_IN_PREVIEW)
    return render(request, "inbox/preview.html", page)


@router.post("/accept")
def accept(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    suggested: Several = (),
    new_category: Text = "",
    new_tags: Text = "",
    beside: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    """`suggested` are those that were ticked, as `candidate_view.options_of` names them. Refused as one of several
    tools of a host it can be accepted `beside` the others by a second press."""

    def act() -> None:
        taken = [each.removeprefix(CATEGORY) for each in suggested if each.startswith(CATEGORY)]
        tags = [each.removeprefix(TAG) for each in suggested if each.startswith(TAG)]
        if taken and new_category and new_category not in taken:
            said = "Take the category that is suggested, or write another one, not both."
            raise InvalidInput(said, {"new_category": said})
        try:
            triage.accept(
                tx,
                candidate_id,
                category=new_category or next(iter(taken), ""),
                with_tags=[*tags, *parted_tags(new_tags)],
                beside=beside == "yes",
                version=version_of(version),
                by=user,
                now=now,
            )
        except InvalidInput as refused:
            faults = {f"new_{name}": fault for name, fault in refused.faults.items()}
            raise InvalidInput(refused.sentence, faults) from refused

    typed = {"suggested": suggested, "new_category": new_category, "new_tags": new_tags}
    return _acted(request, tx, candidate_id, user, now, "accept", typed, back, act, version)


@router.post("/dismiss")
def dismiss(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    reason: Text = "",
    note: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        if reason not in set(DismissReason):
            raise InvalidInput("Say why you dismiss it.", {"reason": "Choose a reason."})
        why = DismissReason(reason)
        triage.dismiss(tx, candidate_id, reason=why, note=note, version=version_of(version), by=user, now=now)

    typed = {"reason": reason, "note": note}
    return _acted(request, tx, candidate_id, user, now, "dismiss", typed, back, act, version)


@router.post("/merge")
def merge(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    into: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    """`into` is a candidate's number or `tool:<slug>`; what is neither comes back in the search for it."""

    def act() -> None:
        tool = tools.find(tx, into.removeprefix("tool:")) if into.startswith("tool:") else None
        if tool is not None:
            triage.accept(
                tx, candidate_id, tool_id=id_of(tool), version=version_of(version), by=user, now=now
            )
            return
        target_id = number(into)
        if target_id is None or not candidates.by_id(tx, [target_id]):
            said = (
                f"There is no candidate “{into[:40]}”. Look for it by its name." if into else NOTHING_CHOSEN
            )
            raise InvalidInput(said, {"find": said})
        merging.merge(tx, candidate_id, into=target_id, version=version_of(version), by=user, now=now)

    typed = {"into": into, "find": into}
    return _acted(request, tx, candidate_id, user, now, "merge", typed, back, act, version)


@router.post("/watch")
def watch(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    until: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            sentence = "Write the day as year-month-day, such as 2027-03-31."
            raise InvalidInput(sentence, {"until": sentence}) from error
        triage.watch(tx, candidate_id, until=day, version=version_of(version), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "watch", {"until": until}, back, act, version)


@router.post("/labels")
def change_labels(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    add: Text = "",
    remove: Text = "",
    back: Text = "",
) -> Response:
    """`add` may hold several, parted by commas."""

    def act() -> None:
        if not add and not remove:
            raise InvalidInput("Write a label first.", {"add": "Write a label first."})
        label(tx, candidate_id, add=parted(add), remove=parted(remove), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "labels", {"add": add}, back, act)


@router.post("/edit")
def edit(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    name: Text = "",
    homepage: Text = "",
    tagline: Text = "",
    category: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        editing.edit(
            tx,
            candidate_id,
            name=name,
            homepage=homepage,
            tagline=tagline,
            category=category,
            version=version_of(version),
            by=user,
            now=now,
        )

    typed = {"name": name, "homepage": homepage, "tagline": tagline, "category": category}
    return _acted(request, tx, candidate_id, user, now, "edit", typed, back, act, version)


@router.post("/reopen")
def reopen(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    version: Text = "",
    back: Text = "",
) -> Response:
    """New again, also one that was merged."""

    def act() -> None:
        merging.bring_back(tx, candidate_id, version=version_of(version), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "reopen", {}, back, act, version)


def _acted(
    request: Request,
    tx: Session,
    candidate_id: int,
    user: Actor,
    now: datetime,
    act: str,
    typed: Mapping[str, object],
    back: str,
    do: Callable[[], None],
    version: str = "",
) -> Response:
    """Do it and go back; where it is refused, show the candidate as it is now, with what was typed."""
    back = inside(back) if back else ""
    try:
        with tx.begin_nested():
            do()
    except DoneAlready as twice:
        return go(told_of(back or f"/inbox/{candidate_id}", done=id_of(twice.act)))
    except (InvalidInput, RuleBroken, StaleVersion) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        page = candidate_page(
            tx,
            candidate_id,
            user,
            now,
            typed=typed,
            faults=faults,
            act=act,
            back=back,
            refused=refused.sentence,
            read_version=number(version) if isinstance(refused, StaleVersion) else None,
            mark="",
            beside=isinstance(refused, OnAnothersHost),
        )
        return render(request, "inbox/show.html", page, status=422 if faults else 409)
    done = triage_acts.last_of(tx, candidate_id, user.id, now)
    return go(told_of(back or f"/inbox/{candidate_id}", done=done))
