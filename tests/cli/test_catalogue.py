import pytest

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.plugin.registry import default_registry


@pytest.mark.parametrize(("command", "kind"), [("optimizers", "optimizer"), ("losses", "loss")])
def test_every_component_has_a_line_with_its_first_sentence(command, kind, capsys):
    assert main([command]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()[1:]
    table = default_registry().table(kind)
    assert [line.split()[0] for line in lines] == list(table)
    for line, component in zip(lines, table.values(), strict=True):
        assert line.endswith(component.__doc__.strip().splitlines()[0])


def test_what_a_rule_declares_is_told(capsys):
    main(["optimizers"])
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "skips zeros" in lines["adagrad"]
    assert "moves every weight" in lines["prodigy"]
