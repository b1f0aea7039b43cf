"""The trail of what changed stays short, and costs a long transaction no more at its end than at its beginning."""

from sqlalchemy import Engine, text

from registry.store.changes import MOST_NEWS
from registry.store.engine import make_engine
from tests.postgres import Postgres

CHANGES = 12_000
ADD = text(
    "INSERT INTO tool_change (tool_id, named, xid)"
    " SELECT n, true, pg_current_xact_id()::text::bigint FROM generate_series(1, :n) AS n"
)


def rows(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return tuple(connection.execute(text("SELECT count(*), max(id) - min(id) FROM tool_change")).one())  # type: ignore[return-value]


def test_after_a_long_transaction_it_is_short_and_holds_what_a_follower_may_ask_for(
    postgres: Postgres,
) -> None:
    with postgres.database() as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            for _ in range(CHANGES // 100):
                connection.execute(ADD, {"n": 100})
        count, length = rows(engine)
        assert MOST_NEWS < length < MOST_NEWS + 3_000
        assert count == length + 1
        engine.dispose()


def test_pruning_happens_now_and_then_and_not_at_each_row(postgres: Postgres) -> None:
    with postgres.database() as url:
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text("SET track_functions = 'all'"))
            for _ in range(CHANGES // 1000):
                for _ in range(10):
                    connection.execute(ADD, {"n": 100})
            calls = connection.execute(
                text("SELECT pg_stat_get_xact_function_calls('follow_prune'::regproc)")
            ).scalar_one()
        assert calls == CHANGES // 1000
        engine.dispose()
