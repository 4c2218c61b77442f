import dataclasses
import tomllib

import pytest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.config import RunConfig, make_config, read_config
from sgdkit.runs.toml import to_toml


def test_toml_of_any_text_number_list_and_table_is_read_back():
    settings = {
        "text": 'a "quoted" \\ path\n\x7f\tü',
        "numbers": [1, -2],
        "small": 1e-05,
        "huge": 1e300,
        "flag": True,
        "odd key": "x",
        "table": {"a.b": 0.5, "deep": {"x": ["y"], "z": False}},
    }
    assert tomllib.loads(to_toml(settings)) == settings


def test_a_written_configuration_is_read_back_equal(tmp_path):
    config = RunConfig(
        data=str(tmp_path / "a.csv"),
        out=str(tmp_path),
        columns=("a", "b"),
        missing=("?",),
        target="b",
        zero_based=False,
        learning_rate=0.5,
        alpha=0.0,
        seed=7,
        set={"max_iter": 3, "optimizer__beta1": 0.5},
        statements={"governance_review": {"text": "Seen.", "author": "A"}},
    )
    (tmp_path / "config.toml").write_text(config.to_toml())
    again = make_config({}, tmp_path / "config.toml")
    assert dataclasses.asdict(again) == dataclasses.asdict(config)


def test_paths_in_a_file_are_relative_to_it(tmp_path):
    (tmp_path / "c.toml").write_text('data = "rows.csv"\nout = "result"\n')
    assert read_config(tmp_path / "c.toml")["data"] == str(tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alphaa = 1", "Did you mean 'alpha'"),
        ('alpha = "x"', "give a number"),
        ("alpha = true", "give a number"),
        ("seed = 1.5", "give a whole number"),
        ("drop = 'x'", "give a list of texts"),
        ("drop = [1]", "give a list of texts"),
        ('task = "binry"', "give one of 'regression'"),
        ("set = 3", "give a table"),
        ("a = = b", "is no TOML file"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, words):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(InvalidParameterError, match=r"c\.toml") as caught:
        read_config(tmp_path / "c.toml")
    assert words in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidParameterError, match=r"There is no configuration file '.*none\.toml'\."):
        read_config(tmp_path / "none.toml")


def test_only_paths_that_the_file_sets_are_moved(tmp_path):
    (tmp_path / "c.toml").write_text("alpha = 1\nset = { max_iter = 3 }\n")
    assert read_config(tmp_path / "c.toml") == {"alpha": 1, "set": {"max_iter": 3}}


@pytest.mark.parametrize("missing", ["data", "out"])
def test_data_and_out_are_needed(missing):
    flags = {"data": "a.csv", "out": "b", missing: None}
    with pytest.raises(InvalidParameterError, match="is missing"):
        make_config(flags)
