"""The downloads: how far each is, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from gui.figures import seconds, size
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.fields import NumberField, RealField
from gui.widgets.labels import ElidedLabel, label
from gui.widgets.scrolling import scrolling

if TYPE_CHECKING:
    from models.download.queue import Download


SHOWN_LINES: Final = 9  # of a long queue; the rest is scrolled to


class DownloadsView(QWidget):
    """A row for each, under what they may take together."""

    pause_wanted = Signal(str)
    resume_wanted = Signal(str)
    cancel_wanted = Signal(str)
    limits_edited = Signal(object, int)
    """Megabytes a second, None for no limit, and how many downloads at once."""

    def __init__(
        self, theme: Theme, mb_per_s: float | None, at_once: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: dict[str, DownloadRow] = {}
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space.xs)
        self._scroll = scrolling(inner, self, sideways=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        self.title = label("", "strong", parent=self)
        self.limit = RealField(mb_per_s or 0.0, 0.0, 10_000.0, step=0.5, parent=self)
        self.limit.setSpecialValueText("no limit")
        self.limit.setSuffix(" MB/s")
        self.at_once = NumberField(at_once, 1, 8, parent=self)
        column.addLayout(self._head())
        column.addWidget(self._scroll)
        self.limit.valueChanged.connect(self._tell_limits)
        self.at_once.valueChanged.connect(self._tell_limits)
        self.show_downloads({})

    def show_downloads(self, downloads: dict[str, Download]) -> None:
        for gone in self.rows.keys() - downloads.keys():
            row = self.rows.pop(gone)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for key, download in downloads.items():
            if key not in self.rows:
                self.rows[key] = row = DownloadRow(self._theme, download, self)
                row.pause.clicked.connect(partial(self._tell, self.pause_wanted, key))
                row.resume.clicked.connect(partial(self._tell, self.resume_wanted, key))
                row.cancel.clicked.connect(partial(self._tell, self.cancel_wanted, key))
                self._column.addWidget(row)
            self.rows[key].show_download(download)
        self.title.setText("Downloads" if downloads else "No downloads")
        self._scroll.setVisible(bool(downloads))
        rows = self._column.sizeHint().height()
        self._scroll.setFixedHeight(min(rows, self._theme.lines(SHOWN_LINES)))

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self._theme.space.s)
        row.addWidget(self.title)
        row.addStretch(1)
        for text, name, field in (
            ("Together at most", "Limit of all downloads together", self.limit),
            ("At once", "Downloads at once", self.at_once),
        ):
            field.setAccessibleName(name)
            row.addWidget(label(text, "muted", parent=self))
            row.addWidget(field)
        return row

    def _tell_limits(self) -> None:
        self.limits_edited.emit(self.limit.number or None, self.at_once.number)

    def _tell(self, signal: SignalInstance, key: str, _checked: bool = False) -> None:
        signal.emit(key)


class DownloadRow(QWidget):
    def __init__(self, theme: Theme, download: Download, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = download.selection.label
        self.name = ElidedLabel(name, parent=self)
        self.name.setToolTip(name)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(f"Progress of {name}")
        self.words = label("", "small-muted", parent=self)
        self.words.setMinimumWidth(theme.characters(46))
        self.pause = IconButton(theme, "pause", f"Pause {name}", self)
        self.resume = IconButton(theme, "play", f"Resume {name}", self)
        self.cancel = IconButton(theme, "close", f"Cancel {name}", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(self.name, 3)
        row.addWidget(self.progress, 2)
        row.addWidget(self.words)
        for button in (self.pause, self.resume, self.cancel):
            row.addWidget(button)
        self._name = name

    def show_download(self, download: Download) -> None:
        total = download.selection.total_bytes or 1
        self.progress.setValue(round(1000 * download.here_bytes / total))
        self.words.setText(download_words(download))
        self.words.setToolTip(download.error or "")
        self.pause.setVisible(download.state in {"running", "waiting"})
        self.resume.setVisible(download.state in {"paused", "failed"})
        done = download.state == "done"
        what = f"Take {self._name} off this list" if done else f"Cancel {self._name}"
        self.cancel.setAccessibleName(what)
        self.cancel.setToolTip(what)


def download_words(download: Download) -> str:
    """How it stands, in a line."""
    here, total = size(download.here_bytes), size(download.selection.total_bytes)
    match download.state:
        case "done":
            return f"{total}, whole and checked"
        case "failed":
            return download.error or "failed"
        case "running":
            words = [f"{here} of {total}"]
            if download.bytes_per_s is not None:
                words.append(f"{size(round(download.bytes_per_s))}/s")
            if download.seconds_left is not None:
                words.append(f"{seconds(download.seconds_left)} left")
            return " · ".join(words)
    return f"{download.state}, {here} of {total}"
