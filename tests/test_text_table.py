from sgdkit.text_table import format_table


def test_numbers_stand_right_and_text_left():
    assert format_table(["a", "n"], [["x", 1], ["yy", 20]], indent="") == "a    n\nx    1\nyy  20"


def test_a_table_without_rows_is_its_headings():
    assert format_table(["a", "b"], []) == "  a  b"


def test_floats_are_written_as_asked():
    assert format_table(["p"], [[1.5e-12]], indent="", floats=".2g") == "      p\n1.5e-12"
