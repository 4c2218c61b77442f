import subprocess
import sys

import pytest

from sgdkit.cli.exit_codes import ExitCode
from sgdkit.cli.main import main


def test_help_names_every_command_and_exit_code(capsys):
    assert main(["--help"]) == ExitCode.DONE
    text = capsys.readouterr().out
    for word in (
        "demo",
        "replay",
        "ledger",
        "governance",
        "plugins",
        "warmup",
        "Exit codes",
        "3 an optional package",
    ):
        assert word in " ".join(text.split())


def test_version(capsys):
    import sgdkit

    assert main(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"sgdkit {sgdkit.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["demo", "--nonsense"], ["warmup", "--dtype", "float16"]]
)
def test_wrong_arguments_exit_with_2_and_no_traceback(arguments, capsys):
    assert main(arguments) == ExitCode.USAGE
    assert "Traceback" not in capsys.readouterr().err


def test_without_typer_one_sentence_says_what_to_install():
    code = (
        "import sys; sys.modules['typer'] = None; "
        "from sgdkit.cli.main import main; sys.exit(main(['plugins']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == ExitCode.MISSING
    assert done.stderr == 'sgdkit: The command line needs typer; install it with: pip install "sgdkit[cli]"\n'


def test_an_unknown_optimizer_is_one_sentence(capsys):
    assert main(["warmup", "--optimizer", "adagard"]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert error.startswith("sgdkit: optimizer='adagard' is not known")
    assert len(error.splitlines()) == 1


def test_warmup_says_where_kernels_are_kept(capsys):
    assert main(["warmup", "--dtype", "float64", "--optimizer", "adagrad"]) == ExitCode.DONE
    streams = capsys.readouterr()
    assert streams.out.startswith("Kernels are ready after ")
    assert streams.err == ""  # no progress where nobody watches


def test_an_interrupt_has_its_own_exit_status(monkeypatch, tmp_path, capsys):
    def interrupted(out):
        raise KeyboardInterrupt

    monkeypatch.setattr("sgdkit.demo.run_demo", interrupted)
    assert main(["demo", "--out", str(tmp_path)]) == ExitCode.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err
