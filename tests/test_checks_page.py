import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "make_checks", Path(__file__).parents[1] / "docs" / "make_checks.py"
)
make_checks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_checks)


def test_the_page_of_checks_says_what_the_checks_say():
    written = make_checks.PAGE.read_text(encoding="utf-8")
    assert written == make_checks.text(), "run `python -m docs.make_checks`"
