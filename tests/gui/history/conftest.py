"""A window that shows the History page over a real database of three sessions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from gui.app import Desk
from storage.export import export_sessions, first_page, render
from storage.history import History
from tests.gui.acting import OpenDesk
from tests.gui.fakes import Fakes
from tests.gui.test_history_model import earlier, keep


@pytest.fixture
def history(tmp_path: Path) -> History:
    # Closed by the window.
    opened = History.open(tmp_path / "history.db")
    sessions = [earlier(0, text="The sky is blue."), earlier(1), earlier(2)]
    sessions[1] = msgspec.structs.replace(sessions[1], tags=("client",), notes="Ask Ms. Ito.")
    keep(opened, tmp_path, sessions)
    return opened


@pytest.fixture
def desk(qtbot: QtBot, open_desk: OpenDesk, history: History, tmp_path: Path) -> Desk:
    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "open_history", lambda: history)
    object.__setattr__(fakes.given, "export_sessions", export_sessions)
    object.__setattr__(fakes.given, "render_sessions", render)
    object.__setattr__(fakes.given, "first_page", first_page)
    made = open_desk(fakes)
    action = made.window.actions_table.action
    place = next(n for n in range(9) if action(f"page{n}").text() == "Show History")
    action(f"page{place}").trigger()
    qtbot.waitUntil(lambda: made.history.table.rowCount() == 3)
    return made
