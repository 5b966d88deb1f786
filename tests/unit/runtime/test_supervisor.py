"""The supervisor: a stage that fails is started again a few times; while no broker answers, for ever."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from streams.runtime.faust.supervisor import Supervisor
from streams.runtime.process import BROKER_AWAY, HOPELESS


class Clock:
    """Time that passes only when told, and children that end at once with the code of the day."""

    def __init__(self):
        self.now = 0.0
        self.code = 1
        self.launches = []

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made.monotonic)

    class Child:
        pid = 1

        def __init__(self, command, **_):
            assert command[0] == sys.executable
            made.launches.append(made.now)
            self.code = made.code

        def poll(self):
            return self.code

    monkeypatch.setattr(subprocess, "Popen", Child)
    return made


def pass_time(clock, supervisor, seconds):
    """Check four times a second; when the supervisor gave up, or None."""
    for _ in range(int(seconds * 4)):
        clock.now += 0.25
        if not supervisor.check():
            return clock.now
    return None


def test_a_stage_that_cannot_work_is_given_up_loudly(clock, caplog):
    supervisor = Supervisor(["clean"])
    supervisor.start()
    assert pass_time(clock, supervisor, 120) is not None
    assert len(clock.launches) == 6
    assert "giving up" in caplog.text


def test_what_no_start_will_mend_is_given_up_at_once(clock, caplog):
    supervisor = Supervisor(["cluster"])
    clock.code = HOPELESS
    supervisor.start()
    assert pass_time(clock, supervisor, 60) == 0.25
    assert len(clock.launches) == 1
    assert "no start will mend" in caplog.text


@pytest.mark.parametrize(("code", "reachable"), [(BROKER_AWAY, True), (1, False), (-9, False)])
def test_while_no_broker_answers_the_supervisor_waits_for_ever_with_bounded_pauses(clock, code, reachable):
    supervisor = Supervisor(["clean"], reachable=lambda: reachable)
    clock.code = code
    supervisor.start()
    assert pass_time(clock, supervisor, 3600) is None
    pauses = [after - before for before, after in zip(clock.launches, clock.launches[1:], strict=False)]
    assert max(pauses) < 31
    assert len(clock.launches) > 100


def test_a_broker_that_was_away_does_not_count_once_it_is_back(clock):
    away = [True]
    supervisor = Supervisor(["clean"], reachable=lambda: not away[0])
    supervisor.start()
    assert pass_time(clock, supervisor, 600) is None
    away[0] = False
    assert pass_time(clock, supervisor, 25) is None, "its own failures are counted from the first"
    assert pass_time(clock, supervisor, 600) is not None
