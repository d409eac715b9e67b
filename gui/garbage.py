"""Python's garbage collector in the window's process: between events, and not through what was loaded."""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

_LOOK_MS = 1000
# The collector's own thresholds for its first two generations.
_YOUNG, _MIDDLE, _OLD = 700, 10, 10


class Garbage(QObject):
    """Collects on the window's thread, once a second at the most, until it is closed.

    Left alone, a collection starts wherever memory is asked for: in a thread that imports or reads sessions
    it stops the window for as long as it takes, 50 ms once all is loaded, and it may destroy what belongs to
    the window in that other thread.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._modules = 0
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what is due. Modules stay, and what came with them: that is not searched again."""
        if len(sys.modules) > self._modules:
            self._modules = len(sys.modules)
            gc.freeze()
            return
        young, middle, old = gc.get_count()
        if old > _OLD:
            gc.collect()
        elif middle > _MIDDLE:
            gc.collect(1)
        elif young > _YOUNG:
            gc.collect(0)

    def close(self) -> None:
        self._timer.stop()
        gc.enable()
