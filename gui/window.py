"""The main window: rail, pages, and the table of all that can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from msgspec.structs import replace as replace_fields
from PySide6.QtCore import QByteArray, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QWidget,
)

from engine.contract import Session
from gui.actions import ActionTable, Command
from gui.commands import (
    divergence_commands,
    edit_commands,
    prompt_commands,
    run_commands,
    theme_commands,
    view_commands,
)
from gui.compare.compare_model import CompareModel
from gui.compare.compare_page import ComparePage, page_of_compare
from gui.figures import count
from gui.help import about_dialog, shortcuts_dialog
from gui.history.exporting import ask_and_export
from gui.icons import icon
from gui.model_files import local_files
from gui.pages import Page
from gui.sessions.recent_side import RecentSide
from gui.sessions.sessions_model import SessionsModel
from gui.sessions.sessions_panel import SessionsPanel
from gui.settings import WindowSettings
from gui.theme import Theme
from gui.widgets.rail import Rail

ELSEWHERE = "Go to its page first."


class MainWindow(QMainWindow):
    closing = Signal()
    export_wanted = Signal(str)
    """The window is gone from the screen; what it started is to be ended now."""

    def __init__(
        self,
        theme: Theme,
        compare: CompareModel,
        sessions: SessionsModel,
        settings: WindowSettings,
        version: str,
        pages: Sequence[Page] = (),
    ) -> None:
        super().__init__()
        self._theme = theme
        self._compare = compare
        self._sessions = sessions
        self._version = version
        self._asks = True
        self.setWindowTitle("Steelyard")
        self.setAcceptDrops(True)
        self.setMinimumSize(theme.characters(110), theme.lines(34))
        self.page = ComparePage(theme, compare, self)
        self.panel = SessionsPanel(theme, sessions, self)
        self.side = RecentSide(theme, self.panel, self.page, self)
        self.side.show_panel(settings.sessions_shown)
        self.pages = (page_of_compare(self.page, compare, self.side), *pages)
        self._lay_out()
        self.actions_table = ActionTable(self._commands(), self)
        self._connect()
        self._tint()
        if settings.raw_text:
            self.page.toggle_raw()
        if settings.scroll_together:
            self.page.toggle_scroll()
        self._restore_geometry(settings.geometry)

    def settings(self) -> WindowSettings:
        """What is to be remembered of the window as it is now."""
        return WindowSettings(
            theme=self._theme.choice,
            geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
            sessions_shown=self.side.shown,
            raw_text=self.page.is_raw(),
            scroll_together=self.page.scrolls_together(),
            draft=replace_fields(self._compare.draft.draft, cases=()),
            contenders=self._compare.contenders.contenders,
        )

    def close_at_once(self) -> None:
        """Close without a question, since the system ends."""
        self._asks = False
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._asks and self._compare.unrecorded.sessions and not self._may_be_lost():
            event.ignore()
            return
        event.accept()
        self.hide()
        self.closing.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and not self._compare.why_not_edit():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._compare.add_files(local_files(event.mimeData()))
        event.acceptProposedAction()

    def _may_be_lost(self) -> bool:
        """Ask about what is in this window only."""
        unrecorded = self._compare.unrecorded.sessions
        question = QMessageBox(self)
        question.setWindowTitle("Close and lose replies?")
        question.setText(
            f"{count(len(unrecorded), 'session')} could not be recorded and will be lost."
        )
        export = question.addButton("Export…", QMessageBox.ButtonRole.AcceptRole)
        close = question.addButton("Close", QMessageBox.ButtonRole.DestructiveRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(export)
        question.exec()
        if question.clickedButton() is export:
            self.export_unrecorded(unrecorded)
        return question.clickedButton() is close

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.rail = Rail(self._theme, self)
        self._stack = QStackedWidget(self)
        self._page_buttons = QButtonGroup(self)
        for place, page in enumerate(self.pages):
            self._stack.addWidget(page.widget)
            button = self.rail.add_page(page.picture, page.title, page.name)
            self._page_buttons.addButton(button, place)
        self._page_buttons.button(0).setChecked(True)
        self._page_buttons.idClicked.connect(self.show_page)
        for picture, text, name, call in (
            ("theme", "Theme", "Switch between light and dark", self._flip_theme),
            ("help", "Help", "Show the keyboard shortcuts", self._show_shortcuts),
        ):
            button = self.rail.add_switch(picture, text, name, at_bottom=True)
            button.clicked.connect(call)
        inner = QWidget(self)
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self._stack, 1)
        self.setCentralWidget(inner)

    def _connect(self) -> None:
        compare, table = self._compare, self.actions_table
        compare.availability_changed.connect(table.refresh)
        self.page.asked.marks.clicked.connect(table.action("marks").trigger)
        table.action("marks").toggled.connect(self.page.asked.marks.setChecked)
        self.page.asked.switcher.places_changed.connect(table.refresh)
        for page in self.pages:
            if page.availability_changed is not None:
                page.availability_changed.connect(table.refresh)
        compare.session_ended.connect(self._sessions.reload)
        compare.unrecorded.kept.connect(self._offer_unrecorded)
        compare.board.status_changed.connect(self._show_title)
        compare.board.status_changed.connect(self._mark_session)
        compare.opened.connect(self._show_opened)
        self._sessions.loaded.connect(self._mark_session)
        self._sessions.failed.connect(partial(self.page.banners.add, "error"))
        self.panel.new_wanted.connect(self._start_anew)
        self.side.folded.connect(table.refresh)
        self.panel.export_wanted.connect(self.export_wanted)
        self.page.link_chosen.connect(self._follow_link)
        self.page.export_wanted.connect(self._export_shown)
        self._theme.changed.connect(self._tint)

    # Commands ----------------------------------------------------------------------------------

    def _commands(self) -> list[Command]:
        model, page = self._compare, self.page
        free, no_export = model.why_not_edit, model.why_not_export
        return [
            Command("add", "Add models…", "File", page.choose_files, ("Ctrl+O",), free),
            Command("new", "New comparison", "File", self._start_anew, ("Ctrl+N",), free),
            Command(
                "export",
                "Export session…",
                "File",
                self._export_shown,
                ("Ctrl+E",),
                no_export,
                part=1,
            ),
            Command("quit", "Quit", "File", self._quit, ("Ctrl+Q",), part=2),
            *edit_commands(),
            *self._only_on(self.side, [self._recent_command(), *view_commands(page)]),
            *theme_commands(self._theme),
            *self._page_commands(),
            *self._only_on(self.side, run_commands(model)),
            *self._only_on(self.side, prompt_commands(page)),
            *self._only_on(self.side, divergence_commands(page)),
            *(each for p in self.pages for each in self._only_on(p.widget, p.commands)),
            Command(
                "shortcuts", "Keyboard shortcuts", "Help", self._show_shortcuts, ("F1", "Ctrl+?")
            ),
            Command("about", "About Steelyard", "Help", self._show_about),
        ]

    def _recent_command(self) -> Command:
        return Command(
            "sessions",
            "Recent comparisons",
            "View",
            self.side.toggle,
            ("Ctrl+B",),
            checked=self._recent_shown,
        )

    def _page_commands(self) -> list[Command]:
        return [
            Command(
                f"page{place}",
                f"Show {page.title}",
                "View/Pages",
                partial(self.show_page, place),
                (f"Alt+{place + 1}",),
                checked=partial(self._is_shown, place),
            )
            for place, page in enumerate(self.pages)
        ]

    def _only_on(self, page: QWidget, commands: Iterable[Command]) -> list[Command]:
        """The commands, blocked while another page is shown: pages share keys such as that of Run."""
        return [
            replace(each, blocked=partial(self._why_not_on, page, each.blocked))
            for each in commands
        ]

    def _why_not_on(self, page: QWidget, blocked: Callable[[], str]) -> str:
        return blocked() if self._stack.currentWidget() is page else ELSEWHERE

    # What is done ------------------------------------------------------------------------------

    def show_page(self, place: int) -> None:
        self._page_buttons.button(place).setChecked(True)
        self._stack.setCurrentIndex(place)
        self.actions_table.refresh()
        self.pages[place].take_focus()

    def show_widget(self, page: QWidget) -> None:
        self.show_page([each.widget for each in self.pages].index(page))

    def _is_shown(self, place: int) -> bool:
        return self._stack.currentIndex() == place

    def _recent_shown(self) -> bool:
        return self.side.shown

    def _start_anew(self) -> None:
        self.show_page(0)
        self._compare.start_anew()
        self.page.banners.clear()
        self.page.take_focus()

    def _export_shown(self) -> None:
        only_here, session_id = self._compare.unrecorded.shown, self._compare.board.session_id
        if only_here is not None:
            self.export_unrecorded((only_here,))
        elif session_id is not None:
            self.export_wanted.emit(session_id)

    def export_unrecorded(self, sessions: tuple[Session, ...]) -> None:
        """Ask for a file for sessions that are in this window only."""
        unrecorded = self._compare.unrecorded
        chosen, forget = unrecorded.to_export(sessions), partial(unrecorded.forget, sessions)
        ask_and_export(self._theme, unrecorded.exporter, chosen, self, forget)

    def _offer_unrecorded(self, why: str) -> None:
        words = f"The replies of this session are in this window only. {why}"
        banner = self.page.banners.add("error", words, "Export…")
        banner.acted.connect(self._export_shown)

    def _quit(self) -> None:
        self.close()

    def _flip_theme(self) -> None:
        self._theme.choose("light" if self._theme.scheme == "dark" else "dark")
        self.actions_table.refresh()

    def _show_shortcuts(self) -> None:
        shortcuts_dialog(self._theme, self.actions_table.shortcuts(), self).open()

    def _show_about(self) -> None:
        about_dialog(self._theme, self._version, self).open()

    def _follow_link(self, url: QUrl) -> None:
        """A model wrote this address: show it in full and ask."""
        if url.scheme() not in {"http", "https"}:
            words = "A reply may only open web addresses; this one was left alone."
            self.page.banners.add("warning", words)
            return
        question = QMessageBox(self)
        question.setWindowTitle("Open this address?")
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setText("A model wrote this address. Open it in your browser?")
        question.setInformativeText(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
        question.setStandardButtons(
            QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel
        )
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        if question.exec() == QMessageBox.StandardButton.Open:
            QDesktopServices.openUrl(url)

    # What is shown -----------------------------------------------------------------------------

    def _show_title(self) -> None:
        title = " ".join(self._compare.board.title.split())
        self.setWindowTitle(f"{title} – Steelyard" if title else "Steelyard")

    def _show_opened(self, session: Session) -> None:
        self.page.banners.clear()
        if self._compare.board.status == "interrupted":
            board = self._compare.board
            words = (
                f"This session was interrupted with {board.reply_count} of {board.planned_count} "
                "replies. What is there was kept."
            )
            banner = self.page.banners.add("warning", words, "Resume")
            banner.acted.connect(self._compare.resume)

    def _mark_session(self) -> None:
        self.panel.select(self._compare.board.session_id)

    def _restore_geometry(self, geometry: str) -> None:
        if not geometry or not self.restoreGeometry(QByteArray.fromBase64(geometry.encode())):
            room = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(1280, room.width()), min(820, room.height()))

    def _tint(self) -> None:
        self.setWindowIcon(icon("steelyard", self._theme.colours.accent))
