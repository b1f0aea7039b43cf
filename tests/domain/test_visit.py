from datetime import timedelta

from registry.domain.visit import VISITS_KEPT, Packed, Visit, visits, with_visit
from tests.conftest import NOW


def test_a_strip_gives_back_what_was_put_in_oldest_first():
    first, second = Visit(NOW, 200, 900, 25, 3, 41), Visit(NOW + timedelta(hours=1), error_code="timeout")
    assert visits(with_visit(with_visit([], first), second)) == [first, second]


def test_a_strip_keeps_the_last_thirty_visits():
    strip: list[Packed] = []
    for hour in range(VISITS_KEPT + 5):
        strip = with_visit(strip, Visit(NOW + timedelta(hours=hour)))
    kept = [visit.at for visit in visits(strip)]
    assert kept == [NOW + timedelta(hours=hour) for hour in range(5, VISITS_KEPT + 5)]
