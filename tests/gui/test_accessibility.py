from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Case, Message, Plan, Sampling
from gui.app import Desk
from gui.compare.runtime_form import RuntimeForm
from gui.compare.sampling_form import SamplingForm
from gui.help import about_dialog, shortcuts_dialog
from gui.theme import Theme
from tests.gui.fakes import FakeHistory, Fakes, contender, reply_to, session_of

THREE = (contender("Q8_0"), contender("Q4_1"), contender("Q2_K"))


def nameless(root: QWidget) -> list[str]:
    """Widgets that the keyboard reaches and a screen reader has no name for."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if widget.focusProxy() is not None or widget.objectName().startswith("qt_"):
            continue
        seen = QAccessible.queryAccessibleInterface(widget)
        if not seen.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


@pytest.fixture
def full_desk(qtbot: QtBot, open_desk: Callable[..., Desk], tmp_path: Path) -> Desk:
    """A window with everything in it: models, a reopened session of two prompts, reasoning, the list."""
    cases = tuple(
        Case(id=c, messages=(Message(role="user", content=f"Question {c}"),)) for c in "12"
    )
    replies = [reply_to(each.name, reasoning="I think") for each in THREE]
    session = session_of(
        Plan(contenders=THREE, cases=cases, repeats=2), replies, status="interrupted"
    )
    desk = open_desk(Fakes(tmp_path, history=FakeHistory([session])))
    desk.window.actions_table.action("sessions").trigger()
    desk.opener.open("s1")
    columns = desk.window.page.columns
    qtbot.waitUntil(lambda: len(columns.columns) == 3 and not columns.rendering)
    desk.window.page.composer.system_switch.click()
    return desk


def test_everything_the_keyboard_reaches_has_a_name(full_desk: Desk) -> None:
    assert not nameless(full_desk.window)


def test_the_empty_window_has_names_too(desk: Desk) -> None:
    assert not nameless(desk.window)


def test_the_popovers_and_dialogs_have_names(qtbot: QtBot, theme: Theme) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.show()
    for window in (
        RuntimeForm(theme, contender(), host),
        SamplingForm(theme, Sampling(), True, host),
        shortcuts_dialog(theme, [("Run", "Ctrl+Return")], host),
        about_dialog(theme, "0.1.0", host),
    ):
        window.show()
        assert not nameless(window)
        window.close()


def test_the_state_of_a_column_is_told_in_words(full_desk: Desk) -> None:
    column = full_desk.window.page.columns.columns[0]
    seen = QAccessible.queryAccessibleInterface(column.badge)
    assert seen is not None
    assert seen.text(QAccessible.Text.Name) == "State: done"


def test_tab_goes_through_the_columns_from_left_to_right(full_desk: Desk) -> None:
    stops = [stop for each in full_desk.window.page.columns.columns for stop in each.tab_stops()]
    visited: list[QWidget] = []
    step: QWidget | None = stops[0]
    while step is not None and len(visited) < 500:
        visited.append(step)
        step = step.nextInFocusChain()
        if step is stops[0]:
            break
    places = [visited.index(stop) for stop in stops]
    assert places == sorted(places)


def test_the_end_of_a_reply_is_announced(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def listen(event: QAccessibleEvent) -> None:
        said.append(type(event).__name__)

    monkeypatch.setattr(QAccessible, "updateAccessibility", listen)
    desk.compare.contenders.replace_all(THREE)
    desk.window.page.composer.prompt.setPlainText("Why?")
    desk.window.page.composer.run.click()
    qtbot.waitUntil(lambda: not desk.compare.running)
    assert said.count("QAccessibleAnnouncementEvent") == 3


def test_the_keyboard_starts_where_something_can_be_done(qtbot: QtBot, desk: Desk) -> None:
    desk.window.activateWindow()
    qtbot.waitUntil(desk.window.isActiveWindow)
    assert desk.window.focusWidget() is desk.window.page.empty.demo
    desk.compare.contenders.replace_all(THREE)
    assert desk.window.focusWidget() is desk.window.page.composer.prompt
