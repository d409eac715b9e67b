from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from engine.client import Stopped
from gui.app import Desk
from gui.models.choices_model import ChoiceColumn
from gui.models.hub_desk import RESULTS, HubDesk
from gui.models.hub_page import HubPage
from gui.models.library_columns import Column
from gui.models.library_model import LibraryRole
from gui.models.search_filters import SearchFilters
from gui.settings import load_settings
from tests.gui.fake_shelf import hub_at, model_bytes, shelf_in
from tests.gui.fakes import Fakes
from tests.gui.test_accessibility import nameless
from tests.models.fakehub import FakeHub, File

REPO = "owner/tiny-GGUF"
LARGE = "owner/large-GGUF"
SLOW_PER_S = 1_000_000


class OpenedHub:
    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        self.qtbot, self.desk, self.model = qtbot, desk, desk.hub
        self.page: HubPage = desk.models_page.hub
        self.pane = self.page.repository

    def search(self, words: str) -> None:
        self.page.words.setText(words)
        self.page.search.click()
        self.qtbot.waitUntil(lambda: not self.model.busy)

    def open_repository(self, repo: str = REPO) -> None:
        self.search(repo)
        self.qtbot.waitUntil(lambda: self.pane.title.text() == repo)

    def begin_slow_download(self, hub: FakeHub) -> None:
        hub.faults.bytes_per_s = SLOW_PER_S
        self.open_repository(LARGE)
        self.pane.choices.selectRow(0)
        self.pane.download.click()
        self.qtbot.waitUntil(lambda: self.state() == "running")

    def cells(self, column: ChoiceColumn) -> list[str]:
        model = self.model.choices
        return [str(model.index(row, column).data()) for row in range(model.rowCount())]

    def banners(self) -> list[str]:
        return [banner.text for banner in self.desk.models_page.banners.banners]

    def state(self) -> str:
        return next(iter(self.model.downloads.values())).state if self.model.downloads else ""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as fake:
        fake.add(
            REPO,
            {
                "tiny-F16.gguf": model_bytes(),
                "tiny-Q8_0.gguf": model_bytes(width=64),
                "README.md": b"Hello",
            },
            downloads=1234,
            tags=["gguf", "license:mit"],
        )
        fake.add(LARGE, {"large-F16.gguf": model_bytes(width=256)})
        fake.add("owner/closed-GGUF", {"closed-F16.gguf": model_bytes()}, gated=True)
        yield fake


@pytest.fixture
def opened(qtbot: QtBot, open_desk: Callable[..., Desk], tmp_path: Path, hub: FakeHub) -> OpenedHub:
    fakes = Fakes(tmp_path)
    fakes.given = replace(
        fakes.given,
        make_shelf=lambda: shelf_in(tmp_path),
        hub=hub_at(hub.endpoint, tmp_path),
    )
    desk = open_desk(fakes)
    places = [page.picture for page in desk.window.pages]
    desk.window.show_page(places.index("models"))
    desk.models_page.show_side(1)
    qtbot.waitUntil(lambda: desk.hub.endpoint == hub.endpoint)
    return OpenedHub(qtbot, desk)


def test_nothing_is_contacted_by_opening_the_page(opened: OpenedHub, hub: FakeHub) -> None:
    assert hub.requests == []
    assert "Nothing is sent" in opened.page.state.text()


def test_words_find_repositories(opened: OpenedHub) -> None:
    opened.search("tiny")
    found = opened.model.found
    assert [found.index(0, column).data() for column in (0, 2, 4)] == [
        REPO,
        "1,234",
        "mit",
    ]


def test_words_that_find_nothing_say_so(opened: OpenedHub) -> None:
    opened.search("no such thing")
    assert opened.banners() == ["The hub knows no GGUF models like that."]


def test_an_address_opens_the_repository_itself(opened: OpenedHub, hub: FakeHub) -> None:
    opened.search(f"https://huggingface.co/{REPO}")
    assert opened.pane.title.text() == REPO
    assert "licence mit" in opened.pane.facts.text()
    assert opened.cells(ChoiceColumn.QUANTIZATION) == ["F16", "Q8_0"]


def test_a_quantization_is_judged_before_a_download(opened: OpenedHub, hub: FakeHub) -> None:
    opened.open_repository()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.FIT) == ["in memory"] * 2)
    assert len({seen.path for seen in hub.store_requests()}) == 1
    facts = opened.pane.facts.text()
    assert facts.startswith("llama · 0 M parameters · trained for 8,192 tokens · chat template")
    assert [float(bits) > 30 for bits in opened.cells(ChoiceColumn.BITS)] == [True, True]


def test_a_repository_that_is_not_there_is_named(opened: OpenedHub) -> None:
    opened.search("owner/missing")
    assert any("owner/missing" in text for text in opened.banners())


def test_a_download_arrives_and_is_on_this_machine(opened: OpenedHub, tmp_path: Path) -> None:
    opened.open_repository()
    opened.pane.choices.selectRow(1)
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "done")
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.STATE) == ["", "here already"])
    assert not opened.pane.download.isEnabled()
    assert (tmp_path / "own" / REPO / "tiny-Q8_0.gguf").read_bytes() == model_bytes(width=64)
    opened.qtbot.waitUntil(lambda: opened.desk.models.library.rowCount() == 1)


def test_a_download_is_paused_and_resumed(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    row = next(iter(opened.page.downloads.rows.values()))
    opened.qtbot.waitUntil(row.pause.isVisible)
    row.pause.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "paused")
    assert row.words.text().startswith("paused, ")
    hub.faults.bytes_per_s = None
    row.resume.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "done")


def test_a_cancelled_download_leaves_nothing(
    opened: OpenedHub, hub: FakeHub, tmp_path: Path
) -> None:
    opened.begin_slow_download(hub)
    next(iter(opened.page.downloads.rows.values())).cancel.click()
    opened.qtbot.waitUntil(lambda: not opened.model.downloads)
    assert opened.page.downloads.title.text() == "No downloads"
    opened.qtbot.waitUntil(lambda: not (tmp_path / "own" / LARGE).exists())


def test_late_news_of_a_cancelled_download_is_not_shown(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    (download,) = opened.model.downloads.values()
    opened.model.cancel(download.id)
    opened.qtbot.waitUntil(lambda: not opened.model.downloads)
    opened.model._take_download(download)
    assert not opened.model.downloads
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "running")


def test_a_gated_repository_says_what_to_do_and_takes_a_token(
    opened: OpenedHub, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.open_repository("owner/closed-GGUF")
    assert "accept its licence" in opened.pane.gate.text()
    assert opened.pane.gate.isVisible()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (hub.token, True))
    opened.pane.token.click()
    opened.qtbot.waitUntil(lambda: any("keyring" in text for text in opened.banners()))
    opened.pane.choices.selectRow(0)
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "done")


def test_offline_contacts_nothing_and_is_kept(opened: OpenedHub, hub: FakeHub) -> None:
    opened.page.offline.click()
    assert opened.page.state.text().startswith("Offline: nothing is contacted.")
    assert not opened.page.search.isEnabled()
    opened.page.words.setText("tiny")
    opened.page.words.returnPressed.emit()
    assert any(text.startswith("Offline") for text in opened.banners())
    assert hub.requests == []
    opened.desk.window.close()
    assert load_settings(opened.desk._given.settings_file).hub.offline


def test_going_offline_lets_a_running_download_rest(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    opened.page.offline.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "paused")
    opened.qtbot.waitUntil(
        lambda: not any("download-" in each.name for each in threading.enumerate())
    )


def test_everything_the_keyboard_reaches_has_a_name(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    assert not nameless(opened.desk.window)


def names(opened: OpenedHub) -> list[str]:
    found = opened.model.found
    return [str(found.index(row, 0).data()) for row in range(found.rowCount())]


def add_family(hub: FakeHub) -> None:
    """Five of one family on the hub, of which each filter leaves other ones."""
    for name, billions, architecture, licence in (
        ("half", 0.5, "qwen3", "mit"),
        ("one", 1.2, "llama", "apache-2.0"),
        ("seven", 7.0, "qwen3moe", "mit"),
        ("seventy", 70.0, "llama", "other"),
        ("all-memory", 10_000.0, "llama", "mit"),
    ):
        hub.add(
            f"family/{name}",
            {},
            downloads=round(-billions),
            gguf={"total": round(billions * 1e9), "architecture": architecture},
            tags=["gguf", f"license:{licence}"],
        )


@pytest.mark.parametrize(
    ("narrow", "left"),
    [
        (lambda filters: filters.at_least.set_choice("8"), ["seventy", "all-memory"]),
        (lambda filters: filters.at_most.set_choice("8"), ["half", "one", "seven"]),
        (lambda filters: filters.licence.set_choice("mit"), ["half", "seven", "all-memory"]),
        (lambda filters: filters.fits.click(), ["half", "one"]),
    ],
)
def test_a_filter_narrows_what_was_searched_for(
    opened: OpenedHub,
    hub: FakeHub,
    narrow: Callable[[SearchFilters], None],
    left: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.machine.available_memory", lambda: 5 << 30)
    add_family(hub)
    opened.search("family")
    assert len(names(opened)) == 5
    narrow(opened.page.filters)
    opened.qtbot.waitUntil(lambda: names(opened) == [f"family/{name}" for name in left])


def test_an_architecture_is_typed_or_its_beginning(opened: OpenedHub, hub: FakeHub) -> None:
    add_family(hub)
    opened.page.filters.architecture.setText("Qwen")
    opened.search("family")
    assert names(opened) == ["family/half", "family/seven"]


def test_filters_alone_contact_nothing(opened: OpenedHub, hub: FakeHub) -> None:
    opened.page.filters.fits.click()
    opened.page.filters.licence.set_choice("mit")
    assert hub.requests == []


def test_a_long_list_is_fetched_as_it_is_scrolled(opened: OpenedHub, hub: FakeHub) -> None:
    for number in range(3 * RESULTS):
        hub.add(f"many/m-{number:03}", {}, downloads=-number)
    opened.search("many")
    assert len(names(opened)) == RESULTS
    opened.page.results.scrollToBottom()
    opened.qtbot.waitUntil(lambda: len(names(opened)) == 2 * RESULTS)
    opened.page.results.scrollToBottom()
    opened.qtbot.waitUntil(lambda: len(names(opened)) == 3 * RESULTS)


def test_a_search_ends_the_one_before_while_the_hub_is_silent(
    opened: OpenedHub, hub: FakeHub
) -> None:
    hub.faults.hangs = True
    opened.page.words.setText("large")
    opened.page.search.click()
    opened.qtbot.waitUntil(lambda: len(hub.requests) == 1)
    hub.faults.hangs = False
    begun = time.monotonic()
    opened.search("tiny")
    assert time.monotonic() - begun < 2.0
    assert names(opened) == [REPO]
    hub.released.set()
    opened.qtbot.wait(50)
    assert names(opened) == [REPO]
    assert opened.banners() == []


def test_a_repository_ends_the_opening_of_the_one_before(opened: OpenedHub, hub: FakeHub) -> None:
    hub.faults.hangs = True
    opened.page.words.setText(LARGE)
    opened.page.search.click()
    opened.qtbot.waitUntil(lambda: len(hub.requests) == 1)
    hub.faults.hangs = False
    opened.open_repository()
    assert opened.pane.title.text() == REPO


@pytest.mark.parametrize("asked", ["large", LARGE])
def test_the_window_closes_at_once_while_the_hub_is_silent(
    opened: OpenedHub, hub: FakeHub, asked: str
) -> None:
    hub.faults.hangs = True
    opened.page.words.setText(asked)
    opened.page.search.click()
    opened.qtbot.waitUntil(lambda: len(hub.requests) == 1)
    begun = time.monotonic()
    opened.desk.window.close()
    assert time.monotonic() - begun < 1.0


def test_the_window_closes_at_once_before_the_hub_was_ever_opened(
    opened: OpenedHub, hub: FakeHub
) -> None:
    desk = HubDesk(hub_at(hub.endpoint, Path()), shelf_in(Path()))
    asking = threading.Thread(target=_ask_in_vain, args=(desk,))
    asking.start()
    desk.end()
    asking.join(1.0)
    assert not asking.is_alive()


def _ask_in_vain(desk: HubDesk) -> None:
    with pytest.raises(Stopped):
        desk.repository(REPO, None, desk.give_up_listing())


def test_the_window_closes_at_once_while_a_download_hangs(opened: OpenedHub, hub: FakeHub) -> None:
    opened.open_repository()
    hub.faults.hangs = True
    asked = len(hub.requests)
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: len(hub.requests) > asked)
    begun = time.monotonic()
    opened.desk.window.close()
    assert time.monotonic() - begun < 1.0


def test_downloads_keep_to_a_limit_that_is_remembered(opened: OpenedHub, hub: FakeHub) -> None:
    size = 3_000_000
    hub.add("owner/wide-GGUF", {"wide-F16.gguf": model_bytes() + bytes(size)})
    opened.page.downloads.limit.setValue(5.0)
    opened.page.downloads.at_once.setValue(3)
    opened.open_repository("owner/wide-GGUF")
    opened.qtbot.waitUntil(lambda: not opened.model.busy)
    begun = time.monotonic()
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "done")
    assert time.monotonic() - begun > 0.8 * size / 5e6
    opened.desk.window.close()
    kept = load_settings(opened.desk._given.settings_file).hub
    assert (kept.mb_per_s, kept.at_once) == (5.0, 3)


def test_the_same_content_elsewhere_on_this_machine_is_here_already(
    opened: OpenedHub, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "renamed.gguf"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(model_bytes(width=64))
    opened.desk.models.add_folder(elsewhere.parent)
    library = opened.desk.models.library
    opened.qtbot.waitUntil(
        lambda: (
            library.rowCount() == 1
            and library.index(0, 0).data(LibraryRole.ITEM).sha256 is not None
        )
    )
    opened.open_repository()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.STATE) == ["", "here already"])


def download_then_change_it_there(opened: OpenedHub, hub: FakeHub) -> None:
    """The Q8_0 is here, of a revision that the hub has replaced."""
    opened.open_repository()
    opened.pane.choices.selectRow(1)
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "done")
    library = opened.desk.models.library
    opened.qtbot.waitUntil(lambda: library.rowCount() == 1 and not opened.desk.models.scanning)
    hub.repos[REPO].files["tiny-Q8_0.gguf"] = File(model_bytes(width=64, name="Newer"))
    hub.repos[REPO].commit = "d" * 40


def test_a_file_that_changed_there_is_replaced_only_when_that_is_agreed_to(
    opened: OpenedHub, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download_then_change_it_there(opened, hub)
    path = tmp_path / "own" / REPO / "tiny-Q8_0.gguf"
    before = path.read_bytes()
    opened.open_repository()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.STATE) == ["", "newer one available"])
    assert path.read_bytes() == before
    opened.pane.choices.selectRow(1)
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    queued = dict(opened.model.downloads)
    opened.pane.download.click()
    through: list[None] = []
    opened.desk.jobs.start("files", lambda: None, through.append)
    opened.qtbot.waitUntil(lambda: bool(through))
    assert opened.model.downloads == queued
    opened.pane.download.click()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.STATE) == ["", "here already"])
    assert path.read_bytes() == model_bytes(width=64, name="Newer")


def test_newer_files_are_looked_for_when_asked_and_marked(opened: OpenedHub, hub: FakeHub) -> None:
    download_then_change_it_there(opened, hub)
    machine = opened.desk.models_page.machine
    opened.desk.models_page.show_side(0)
    library = opened.desk.models.library
    assert "newer" not in str(library.index(0, Column.PLACE).data())
    machine.newer.click()
    opened.qtbot.waitUntil(lambda: "newer on the hub" in str(library.index(0, Column.PLACE).data()))
    assert any("tiny-Q8_0.gguf. Nothing was replaced." in text for text in opened.banners())
    texts = [part.text() for part in machine.details.findChildren(QLabel)]
    assert "newer one available" in texts
    machine.details.repository.click()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.STATE) == ["", "newer one available"])
    assert opened.page.isVisible()


def test_that_nothing_is_newer_is_said_too(opened: OpenedHub, hub: FakeHub) -> None:
    opened.desk.models_page.machine.newer.click()
    opened.qtbot.waitUntil(lambda: any("no newer files" in text for text in opened.banners()))
    assert hub.requests == []


def test_offline_newer_files_are_not_looked_for(opened: OpenedHub, hub: FakeHub) -> None:
    opened.page.offline.click()
    opened.desk.models_page.machine.newer.click()
    assert any(text.startswith("Offline") for text in opened.banners())
    assert hub.requests == []
