from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.models.choices_model import ChoiceColumn
from gui.models.hub_page import HubPage
from gui.settings import load_settings
from tests.gui.fake_shelf import hub_at, model_bytes, shelf_in
from tests.gui.fakes import Fakes
from tests.gui.test_accessibility import nameless
from tests.models.fakehub import FakeHub

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
    places = [page.picture for page in desk.window._pages]
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
    assert opened.banners() == ["The hub knows no GGUF models by these words."]


def test_an_address_opens_the_repository_itself(opened: OpenedHub, hub: FakeHub) -> None:
    opened.search(f"https://huggingface.co/{REPO}")
    assert opened.pane.title.text() == REPO
    assert "licence mit" in opened.pane.facts.text()
    assert opened.cells(ChoiceColumn.QUANTIZATION) == ["F16", "Q8_0"]


def test_a_quantization_is_judged_before_a_download(opened: OpenedHub, hub: FakeHub) -> None:
    opened.open_repository()
    opened.qtbot.waitUntil(lambda: opened.cells(ChoiceColumn.FIT) == ["in memory"] * 2)
    assert len({seen.path for seen in hub.store_requests()}) == 1


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
    assert not opened.page.downloads.isVisible()
    opened.qtbot.waitUntil(lambda: not list((tmp_path / "own").rglob("*.part")))


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
    assert load_settings(opened.desk._given.settings_file).offline


def test_going_offline_lets_a_running_download_rest(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    opened.page.offline.click()
    opened.qtbot.waitUntil(lambda: opened.state() == "paused")
    running = [each.name for each in threading.enumerate() if each.name.startswith("download-")]
    assert running == []


def test_everything_the_keyboard_reaches_has_a_name(opened: OpenedHub, hub: FakeHub) -> None:
    opened.begin_slow_download(hub)
    assert not nameless(opened.desk.window)
