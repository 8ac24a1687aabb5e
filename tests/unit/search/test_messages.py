"""What packs and the driver tell each other."""

from rnnsearch.search.messages import PackReport


def test_the_text_of_a_report_is_short_whatever_it_holds() -> None:
    assert repr(PackReport(roster={str(n): n for n in range(1000)})) == "PackReport(0 reports)"
