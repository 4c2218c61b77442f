"""Progress is shown on a terminal alone, and never mixes with what is said."""

import io
import sys

import pytest

from sgdkit import LinearRegressor
from sgdkit.cli.watch import TerminalWatch

pytest.importorskip("rich")


class Terminal(io.StringIO):
    """Where someone is watching."""

    def isatty(self):
        return True


def test_without_a_terminal_only_text_is_printed_and_nothing_watches(capsys):
    with TerminalWatch() as watch:
        watch.step("training")
        watch.say("trained")
        assert watch.callbacks == ()
    assert capsys.readouterr() == ("trained\n", "")


def test_on_a_terminal_epochs_are_counted_and_what_is_said_goes_to_standard_output(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    X, y = [[0.0], [1.0], [2.0], [4.0]], [0.0, 1.0, 2.0, 3.0]
    model = LinearRegressor(optimizer="sgd", learning_rate=0.1, max_iter=3, tol=None, random_state=0)
    with TerminalWatch() as watch:
        watch.step("training")
        shown = []
        show = watch.show
        watch.show = lambda text: (shown.append(text), show(text))
        for _ in range(2):  # a second fit counts from one again
            model.set_callbacks(*watch.callbacks).fit(X, y)
        watch.say("trained")
    assert shown == [f"training, epoch {i} of at most 3" for i in (1, 2, 3)] * 2
    assert capsys.readouterr().out == "trained\n"


def test_on_a_terminal_a_bar_counts_the_checks_and_goes_when_all_are_done(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with TerminalWatch() as watch:
        watch.step("auditing")
        watch.count(0, 3, "data.lineage")
        watch.count(1, 3, "optimizer.stop")
        (task,) = watch._progress.tasks
        assert (task.completed, task.total) == (1, 3)
        watch._progress.refresh()
        watch.count(3, 3, "")
        (task,) = watch._progress.tasks
        assert task.total is None
    assert "auditing, 2 of 3: optimizer.stop" in terminal.getvalue()
    assert "━" in terminal.getvalue()
