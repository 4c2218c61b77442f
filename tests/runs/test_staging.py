import pytest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.staging import staged_file, staged_folder


def test_a_folder_is_replaced_file_by_file_and_keeps_what_is_not_its_own(tmp_path):
    (tmp_path / "old").write_text("old")
    (tmp_path / "mine").write_text("mine")
    with staged_folder(tmp_path) as stage:
        (stage / "old").write_text("new")
        assert (tmp_path / "old").read_text() == "old"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "new", "mine": "mine"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_files_and_nothing_new(tmp_path, error):
    out = tmp_path / "deep" / "out"
    with pytest.raises(error), staged_folder(out) as stage:
        (stage / "new").write_text("half")
        raise error
    assert not list(tmp_path.iterdir())
    with pytest.raises(error), staged_file(tmp_path / "file") as path:
        path.write_text("half")
        raise error
    assert not list(tmp_path.iterdir())


def test_a_file_gets_its_name_at_the_end(tmp_path):
    with staged_file(tmp_path / "file") as path:
        path.write_text("whole")
        assert not (tmp_path / "file").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_a_folder_where_a_file_is_and_the_reverse_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InvalidParameterError, match="which is a file"),
        staged_folder(tmp_path / "file"),
    ):
        pass
    with pytest.raises(InvalidParameterError, match="which is a folder"), staged_file(tmp_path):
        pass
