"""What was last written of a tool, as whoever asks in another thread finds it at any moment."""

from registry.services.answers.shown import ANY_TOOL, Shown, Written


class Watched(Written):
    """Notes after each step what somebody would find who asked just then."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if hasattr(self, "found"):
            self.found.append(self.of(Shown(frozenset({7}), frozenset({"Writing"}))))


def test_what_may_be_about_each_tool_never_hides_what_was_written_before() -> None:
    written = Watched()
    written.note({7}, {"Writing"})
    super(Watched, written).__setattr__("found", [])
    written.note_any()
    assert min(written.found) == written.of(ANY_TOOL) == 2
