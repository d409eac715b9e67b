"""A process that opens the window and says how long that took and what it had loaded by then."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject

from gui.app import Desk, application
from tests.gui.fakes import Fakes


class FirstPaint(QObject):
    """Looks at the moment the window is painted: what begins then loads in threads of its own."""

    def __init__(self, window: QObject) -> None:
        super().__init__(window)
        self.loaded: list[str] = []
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.loaded:
            self.loaded = sorted(sys.modules)
        return False


def main() -> None:
    app = application(sys.argv[:1])
    desk = Desk(app, Fakes(Path(sys.argv[1])).given)
    first = FirstPaint(desk.window)
    desk.open()
    while not first.loaded:
        app.processEvents()
    shown_at = time.time()
    desk.window.close()
    said = {"shown_at": shown_at, "modules": first.loaded, "fault": not desk.close()}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
