"""The folder of a copy: what is ours is kept true, what is not is never touched, and it is whole at every moment."""

import fcntl
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from registry.domain.errors import InvalidInput, RuleBroken
from registry.web.copy import folder
from registry.web.copy.folder import LOCK, STAMP, Written, opened
from tests.conftest import NOW


def put(root: Path, files: Mapping[str, str], *, at: datetime = NOW, told: str = "today") -> Written:
    with opened(root, at=at, told=told) as place:
        for path, text in files.items():
            place.take(path, text.encode())
        return place.settle()


def seen(root: Path) -> dict[str, str]:
    return {
        str(each.relative_to(root)): each.read_text()
        for each in root.rglob("*")
        if each.is_file() and not each.name.startswith(".registry-copy")
    }


def test_only_what_changed_is_written_again_and_what_vanished_goes(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": "one", "b/c.html": "two", "d/e.html": "three"})
    before = {path: (tmp_path / path).stat() for path in ("a.html", "b/c.html")}
    written = put(tmp_path, {"a.html": "one", "b/c.html": "changed", "f.html": "new"})
    assert (written.new, written.changed, written.same, written.gone) == (1, 1, 1, 1)
    assert seen(tmp_path) == {"a.html": "one", "b/c.html": "changed", "f.html": "new"}
    status = (tmp_path / "a.html").stat()
    assert (status.st_mtime_ns, status.st_ino) == (before["a.html"].st_mtime_ns, before["a.html"].st_ino)
    assert not (tmp_path / "d").exists()


def test_a_page_that_says_the_same_keeps_the_moment_at_which_it_was_written(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": f"written {STAMP}", "b.html": f"one, {STAMP}"}, told="on Monday")
    put(tmp_path, {"a.html": f"written {STAMP}", "b.html": f"two, {STAMP}"}, told="on Tuesday")
    assert seen(tmp_path) == {"a.html": "written on Monday", "b.html": "two, on Tuesday"}


def test_a_file_of_ours_that_somebody_changed_or_removed_is_put_right(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": "one", "b.html": "two"})
    (tmp_path / "a.html").write_text("two")
    (tmp_path / "b.html").unlink()
    put(tmp_path, {"a.html": "one", "b.html": "two"})
    assert seen(tmp_path) == {"a.html": "one", "b.html": "two"}


def test_a_folder_that_was_copied_elsewhere_is_not_written_anew(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": f"one {STAMP}"})
    os.utime(tmp_path / "a.html", (1, 1))
    assert put(tmp_path, {"a.html": f"one {STAMP}"}, told="later").same == 1
    assert (tmp_path / "a.html").stat().st_mtime == 1


def test_files_of_others_are_never_touched(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": "one"})
    (tmp_path / "theirs.txt").write_text("keep")
    put(tmp_path, {"b.html": "two"})
    assert seen(tmp_path) == {"b.html": "two", "theirs.txt": "keep"}
    with pytest.raises(RuleBroken, match=r"theirs\.txt is in the way"):
        put(tmp_path, {"theirs.txt": "ours"})
    assert seen(tmp_path) == {"b.html": "two", "theirs.txt": "keep"}


def test_a_folder_with_other_things_is_refused_and_hidden_ones_are_no_things(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path, {"a.html": "one"})
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(RuleBroken, match="holds other things"):
        put(other, {"a.html": "one"})
    assert os.listdir(other) == ["letter.txt"]
    with pytest.raises(InvalidInput, match="is a file"):
        put(other / "letter.txt", {"a.html": "one"})


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    put(tmp_path / "copy", {"a.html": "one"})
    (tmp_path / "copy" / "b").symlink_to(outside)
    with pytest.raises(RuleBroken, match="leads out of the folder"):
        put(tmp_path / "copy", {"a.html": "one", "b/c.html": "two"})
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("killed_after", range(7))
def test_whoever_is_killed_on_the_way_leaves_every_file_that_some_page_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    """A page's text names the files that it leads to."""
    old = {"index.html": "a.html b.html", "a.html": "", "b.html": "index.html"}
    new = {"index.html": "a.html c.html", "a.html": "index.html", "c.html": "index.html"}
    put(tmp_path, old)
    moves = 0

    def killed(*_: object) -> None:
        nonlocal moves
        moves += 1
        if moves > killed_after:
            raise KeyboardInterrupt

    def replace(source: Path, target: Path) -> None:
        killed()
        os.rename(source, target)

    monkeypatch.setattr(folder.os, "replace", replace)
    with suppress(KeyboardInterrupt):
        put(tmp_path, new)
    monkeypatch.undo()
    found = seen(tmp_path)
    assert all(named in found for text in found.values() for named in text.split())
    put(tmp_path, new)
    assert seen(tmp_path) == new


def test_two_do_not_publish_into_one_folder_at_once(tmp_path: Path) -> None:
    put(tmp_path, {"a.html": "one"})
    with (tmp_path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RuleBroken, match="at this moment"):
            put(tmp_path, {"a.html": "two"})
    assert seen(tmp_path) == {"a.html": "one"}
