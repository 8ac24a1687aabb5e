from __future__ import annotations

from rnnsearch.events import Event, PackLost, PackStarted, SnapshotsKept
from rnnsearch.search.messages import PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.pack_news import PackNews


class Heard:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    @property
    def snapshots(self) -> list[tuple[str, str]]:
        return [(e.node, e.trouble) for e in self.events if isinstance(e, SnapshotsKept)]


def report(node: str, unsaved: str = "") -> PackReport:
    return PackReport(node=node, unsaved=unsaved)


def test_a_node_is_told_of_once_and_again_when_all_its_packs_keep_snapshots() -> None:
    heard = Heard()
    news = PackNews(heard)
    one, two, far = PackBook("p1", 4), PackBook("p2", 4), PackBook("p3", 4)
    news.report(one, report("a", "it does not see it"))
    news.report(two, report("a", "it does not see it (request 2)"))
    news.report(far, report("b"))
    assert heard.snapshots == [("a", "it does not see it")]
    news.report(one, report("a"))
    assert len(heard.snapshots) == 1
    news.report(two, report("a"))
    news.report(two, report("a"))
    assert heard.snapshots[1:] == [("a", "")]


def test_a_pack_that_is_lost_holds_no_node_back() -> None:
    heard = Heard()
    news = PackNews(heard)
    one, two = PackBook("p1", 4), PackBook("p2", 4)
    news.report(one, report("a", "refused"))
    news.lost(one, "it died")
    news.report(two, report("a"))
    assert heard.snapshots == [("a", "refused"), ("a", "")]


def test_a_pack_starts_once_and_is_lost() -> None:
    heard = Heard()
    news = PackNews(heard)
    book = PackBook("p1", 4)
    news.report(book, report("a"))
    book.read(report("a"))
    news.report(book, report("a"))
    news.lost(book, "it died")
    assert [type(event) for event in heard.events] == [PackStarted, PackLost]
