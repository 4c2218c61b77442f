import json

import pytest

from sgdkit.cli import plugins as command
from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main
from sgdkit.optimizers import UpdateRule
from sgdkit.plugin.registry import Registry, default_registry
from tests.plugin.fakes import FakeEntryPoint, component, plugin, registry_with


@pytest.fixture
def use(monkeypatch):
    """Let the command see a registry with these entry points."""

    def install(*entries, **environment):
        registry = registry_with(*entries, **environment)
        monkeypatch.setattr(command, "default_registry", lambda: registry)

    return install


def test_every_built_in_is_listed_with_distribution_and_version(use, capsys):
    import sgdkit

    use()
    assert main(["plugins"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "name", "class", "distribution", "version"]
    expected = [
        [kind, name, f"{part.__module__}.{part.__qualname__}", "sgdkit", sgdkit.__version__]
        for kind in ("loss", "optimizer", "learning_rate")
        for name, part in Registry(registry_with().manager).table(kind).items()
    ]
    assert [line.split() for line in lines[1:]] == expected


def test_a_broken_plugin_is_shown_and_the_exit_status_says_so(use, capsys):
    use(FakeEntryPoint("broken", ImportError("no torchy"), "broken-dist"))
    assert main(["plugins"]) == ExitCode.FAULT
    text = capsys.readouterr().out
    assert "Problem: The plugin 'broken' of broken-dist failed to load: ImportError: no torchy" in text
    assert "adagrad" in text


def test_a_blocked_plugin_is_shown(use, capsys):
    use(FakeEntryPoint("shy", plugin()), SGDKIT_DISABLE_PLUGINS="shy")
    assert main(["plugins"]) == ExitCode.DONE
    assert "Blocked: the plugin 'shy'" in capsys.readouterr().out


def test_a_name_claimed_twice_is_shown_beside_the_other_kinds(use, capsys):
    use(FakeEntryPoint("twin", plugin(sgdkit_register_optimizers=[component(UpdateRule, "adam")])))
    assert main(["plugins"]) == ExitCode.FAULT
    text = capsys.readouterr().out
    assert "Two components claim the optimizer name 'adam'" in text
    assert "squared_error" in text


def test_strict_loading_is_one_sentence(use, capsys):
    use(FakeEntryPoint("broken", ImportError("no torchy")), SGDKIT_STRICT_PLUGINS="1")
    assert main(["plugins"]) == ExitCode.FAULT
    assert "no torchy" in capsys.readouterr().err


def test_json_has_the_same_content(use, capsys):
    use()
    assert main(["plugins", "--json"]) == ExitCode.DONE
    listing = json.loads(capsys.readouterr().out)
    assert listing["problems"] == listing["blocked"] == []
    assert {part["kind"] for part in listing["components"]} == {"loss", "optimizer", "learning_rate"}


def test_the_command_reads_the_registry_of_the_process():
    assert command.default_registry is default_registry
