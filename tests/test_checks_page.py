from docs.make_checks import PAGE, text


def test_the_page_of_checks_says_what_the_checks_say():
    assert PAGE.read_text(encoding="utf-8") == text(), "run `python -m docs.make_checks`"
