"""What a job says of the time it still needs, worked by hand."""

from __future__ import annotations

import pytest

from coverage.jobs.clock import Clock


class Watch:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_stage_at_a_quarter_needs_three_times_what_it_took() -> None:
    watch = Watch()
    clock = Clock(("a", "b"), {"a": 1.0, "b": 30.0}, now=watch)
    clock.tell("a", 0.0)
    watch.seconds += 10.0
    clock.tell("a", 0.25)
    # by hand: 10 s for a quarter leaves 30 s, and the last job took 30 s for stage b
    assert clock.remaining_s == pytest.approx(60.0)
    # by hand: a quarter of a stage that is 1 of 31
    assert clock.share == pytest.approx(0.25 / 31.0)


def test_a_stage_that_tells_nothing_is_measured_by_the_last_job() -> None:
    watch = Watch()
    clock = Clock(("a", "b"), {"a": 1.0, "b": 30.0}, now=watch)
    clock.tell("b", 0.0)
    watch.seconds += 12.0
    assert clock.remaining_s == pytest.approx(18.0)
    watch.seconds += 60.0
    assert clock.remaining_s == 0.0


def test_without_an_earlier_job_the_rest_is_not_known() -> None:
    watch = Watch()
    clock = Clock(("a", "b"), {}, now=watch)
    assert clock.remaining_s is None
    clock.tell("a", 0.5)
    assert clock.remaining_s is None
    assert clock.share == pytest.approx(0.25)  # both stages count alike
    clock.tell("b", 0.0)
    watch.seconds += 5.0
    clock.tell("b", 0.5)
    assert clock.remaining_s == pytest.approx(5.0)
    clock.finish()
    assert clock.taken_s == {"a": 0.0, "b": 5.0}
