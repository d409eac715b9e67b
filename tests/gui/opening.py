"""A process that opens the window and says how long that took and what it had loaded by then."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from gui.app import Desk, application
from tests.gui.fakes import Fakes


def main() -> None:
    app = application(sys.argv[:1])
    desk = Desk(app, Fakes(Path(sys.argv[1])).given)
    desk.open()
    app.processEvents()
    shown = time.time()
    loaded = sorted(sys.modules)
    desk.window.close()
    print(json.dumps({"shown_at": shown, "modules": loaded, "fault": not desk.close()}))


if __name__ == "__main__":
    main()
