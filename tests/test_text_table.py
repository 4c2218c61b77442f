from sgdkit.text_table import format_table


def test_numbers_stand_right_and_text_left():
    assert format_table(["a", "n"], [["x", 1], ["yy", 20]], indent="") == "a    n\nx    1\nyy  20"


def test_a_table_without_rows_is_its_headings():
    assert format_table(["a", "b"], []) == "  a  b"
