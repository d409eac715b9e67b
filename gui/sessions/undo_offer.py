"""Offers to bring back what was just deleted, on the page that is seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject

from gui.figures import when
from gui.history.history_model import HistoryModel
from gui.widgets.banner import Banner, BannerStack
from storage.summary import SessionSummary


class UndoOffer(QObject):
    """Dismissing an offer deletes for good; so does the end of its time."""

    def __init__(
        self,
        model: HistoryModel,
        banners: Callable[[], BannerStack],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._banners = banners
        self._offers: dict[tuple[str, ...], tuple[BannerStack, Banner]] = {}
        model.discarded.connect(self._offer)
        model.bin.undo_ended.connect(self._withdraw)

    def _offer(self, rows: tuple[SessionSummary, ...]) -> None:
        ids = tuple(row.id for row in rows)
        stack = self._banners()
        banner = stack.add("notice", deleted_words(rows, datetime.now().astimezone()), "Undo")
        banner.acted.connect(partial(self._model.restore, ids))
        banner.closed.connect(partial(self._model.bin.end_undo, ids))
        self._offers[ids] = (stack, banner)

    def _withdraw(self, ids: tuple[str, ...]) -> None:
        stack, banner = self._offers.pop(ids, (None, None))
        if stack is not None and banner is not None:
            stack.remove(banner)


def deleted_words(rows: tuple[SessionSummary, ...], now: datetime) -> str:
    """What was deleted, told apart from other deletions by title and time."""
    first = f"“{' '.join(rows[0].title.split())}” ({when(rows[0].created, now)})"
    if len(rows) == 1:
        return f"{first} was deleted."
    return f"{first} and {len(rows) - 1} more were deleted."
