"""The window's program: makes the application, shows the window, ends everything it started."""

from __future__ import annotations

import signal
import socket
import sys
from functools import partial
from types import FrameType

import msgspec
from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from engine.contract import ModelFile, Session
from engine.errors import StorageError
from gui.collaborators import Collaborators, History
from gui.compare.compare_model import CompareModel
from gui.cost.cost_model import CostModel
from gui.cost.cost_page import CostPage, page_of_cost
from gui.crash import CrashReporter
from gui.divergence.divergence_dialog import DivergenceDialog
from gui.divergence.divergence_model import DivergenceModel, Question
from gui.energy.energy_model import MEASURING, EnergyModel
from gui.energy.settings_page import SettingsPage, page_of_settings
from gui.garbage import Garbage
from gui.history.history_model import HistoryModel
from gui.history.history_page import HistoryPage, page_of_history
from gui.jobs import Jobs
from gui.models.hub_desk import HubDesk
from gui.models.hub_model import HubModel
from gui.models.models_model import ModelsModel
from gui.models.models_page import ModelsPage, page_of_models
from gui.models.picker import ModelPicker
from gui.quality.quality_model import QualityModel
from gui.quality.quality_page import QualityPage, page_of_quality
from gui.sessions.keeper import HistoryKeeper
from gui.sessions.opener import SessionOpener
from gui.sessions.sessions_model import SessionsModel
from gui.sessions.undo_offer import UndoOffer
from gui.settings import WindowSettings, load_settings, save_settings
from gui.theme import Theme
from gui.widgets.banner import BannerKind, BannerStack
from gui.window import MainWindow
from storage.summary import SessionSummary


class Desk(QObject):
    """Holds the window and its models together from the first frame to the last thread's end."""

    def __init__(self, app: QApplication, given: Collaborators) -> None:
        super().__init__(app)
        self._given = given
        self._settings = load_settings(given.settings_file)
        self._closed = False
        self.theme = Theme(app, self._settings.theme, dressed=False)
        self.jobs = Jobs(self)
        self.crashes = CrashReporter(self.theme, given.version, self)
        self.jobs.crashed.connect(self.crashes.report)
        self.compare = CompareModel(self.jobs, given, self)
        self.divergence = DivergenceModel(self.jobs, given, self)
        self.quality = QualityModel(self.jobs, given, self.compare.contenders, self)
        self.quality_page = QualityPage(self.theme, self.quality)
        self.keeper = HistoryKeeper(self.jobs, given, self)
        self.sessions = SessionsModel(self.jobs, self)
        self.history = HistoryModel(
            self.jobs, given.export_sessions, given.render_sessions, given.first_page, self
        )
        self.history_page = HistoryPage(self.theme, self.history)
        self.cost = CostModel(self.jobs, given.folder, self._settings.cost, self)
        self.cost_page = CostPage(self.theme, self.cost)
        self.energy = EnergyModel(self.jobs, given.folder, self)
        self.settings_page = SettingsPage(self.theme, self.energy, given.folder)
        shelf = given.make_shelf()
        self.models = ModelsModel(self.jobs, shelf, self)
        self.hub = HubModel(self.jobs, HubDesk(given.hub, shelf), self._settings.hub, self)
        self.models_page = ModelsPage(self.theme, self.models, self.hub)
        self.window = MainWindow(
            self.theme,
            self.compare,
            self.sessions,
            self._settings,
            given.version,
            pages=(
                page_of_quality(self.quality_page, self.quality),
                page_of_history(self.history_page, self.history),
                page_of_models(self.models_page),
                page_of_cost(self.cost_page),
                page_of_settings(self.settings_page),
            ),
        )
        self.window.closing.connect(self.close)
        self._connect_sessions()
        self.compare.availability_changed.connect(self._share_machine)
        self.quality.availability_changed.connect(self._share_machine)
        self.divergence.availability_changed.connect(self._share_machine)
        self.energy.availability_changed.connect(self._share_machine)
        for page in (self.window.page, self.quality_page):
            page.divergence_wanted.connect(self._show_divergence)
        self._connect_quality()
        self.compare.session_ended.connect(self._point_cost)
        self.compare.opened.connect(self._point_cost)
        self.window.page.cost_wanted.connect(self._show_cost)
        self.models_page.compare_wanted.connect(self._compare_models)
        self.window.page.models_wanted.connect(self._pick_models)

    def open(self) -> None:
        """Show the window; all that takes time begins once it is on the screen."""
        self.crashes.install(self.window)
        self.theme.dress()
        self.window.show()
        self.window.page.take_focus()
        QTimer.singleShot(0, self, self._begin)

    def close(self) -> bool:
        """End the run, the workers and the threads; False where something did not end in time."""
        if self._closed:
            return True
        self._closed = True
        settings = msgspec.structs.replace(
            self.window.settings(), hub=self.hub.choices_made, cost=self.cost.settings
        )
        self.energy.close()
        self.models.close()
        self.hub.close()
        ended = self.compare.close()
        ended = self.quality.close() and ended
        ended = self.divergence.close() and ended
        ended = self.jobs.close() and ended
        self.history.close()
        self.keeper.close()
        self._save(settings)
        self.crashes.close()
        return ended

    def _connect_quality(self) -> None:
        for measurement in (self.quality.fidelity, self.quality.suite, self.quality.speed):
            measurement.finished.connect(self.sessions.reload)
        self.quality.suite.finished.connect(self._judge_cost)
        self.quality.suite.price_with(self.cost.prices)
        self.quality.suite.unrecorded.connect(self._hold_unrecorded)

    def _connect_sessions(self) -> None:
        self.opener = SessionOpener(self.jobs, self.window.pages, self.window.show_widget, self)
        self.history_page.opened.connect(self.opener.open)
        self.history_page.again_wanted.connect(self.opener.run_again)
        self.history_page.change_wanted.connect(self.opener.change)
        self.history_page.resume_wanted.connect(self.opener.resume)
        self.history_page.ask(self.opener.why_not)
        panel = self.window.panel
        panel.opened.connect(self.opener.open)
        panel.all_wanted.connect(self._show_history)
        panel.delete_wanted.connect(self._discard)
        self.window.export_wanted.connect(self._export)
        self.history.noticed.connect(partial(self._tell_elsewhere, "notice"))
        self.history.failed.connect(partial(self._tell_elsewhere, "error"))
        self.undo = UndoOffer(self.history, self._seen_banners, self)
        self.keeper.opened.connect(self._take_history)
        self.keeper.missing.connect(self._do_without)
        self.keeper.damaged.connect(self._be_without)
        self.keeper.salvaged.connect(partial(self.window.page.banners.add, "notice"))
        self.keeper.warned.connect(partial(self.window.page.banners.add, "warning"))
        for each in (self.keeper, self.sessions, self.history):
            each.damaged.connect(self._offer_salvage)
        self.opener.refused.connect(self._refuse)
        self.history.changed.connect(self.sessions.reload)

    def _begin(self) -> None:
        self.compare.restore(self._settings.contenders, self._settings.draft)
        self.keeper.open()

    def _share_machine(self) -> None:
        """One measurement at a time: the pages hold each other while one of them runs."""
        tokens = self.divergence.why_not_ask()
        reading = MEASURING if self.energy.measuring is not None else ""
        comparison = "Wait for the comparison to end." if self.compare.running else ""
        measurement = "Wait for the measurement to end." if self.quality.running else ""
        self.quality.hold(comparison or tokens or reading)
        self.compare.hold(measurement or tokens or reading)
        self.energy.hold(comparison or measurement or tokens)

    def _show_divergence(self, question: Question) -> None:
        if not self.divergence.why_not_ask():
            self.divergence.ask(question)
            DivergenceDialog(self.theme, self.divergence, self.window).open()

    def _point_cost(self) -> None:
        """The Cost page shows the session that was shown last."""
        session_id = self.compare.board.session_id
        if session_id is not None:
            self.cost.look_at(session_id)

    def _show_cost(self) -> None:
        self._point_cost()
        self.window.show_widget(self.cost_page)

    def _judge_cost(self) -> None:
        suite = self.quality.suite
        if suite.found is not None:
            self.cost.judge(suite.contenders, suite.found.assessment.verdicts)

    def _pick_models(self) -> None:
        self.models.open()
        picker = ModelPicker(self.theme, self.models.library, self.window)
        picker.picked.connect(self.compare.contenders.add_models)
        picker.files_wanted.connect(self.window.page.choose_files)
        picker.open()

    def _compare_models(self, models: tuple[ModelFile, ...]) -> None:
        why = self.compare.why_not_edit()
        if why:
            self.models_page.banners.add("warning", why)
            return
        self.compare.contenders.add_models(models)
        self.window.show_page(0)

    def _refuse(self, why: str) -> None:
        """Say on the page that is seen why it did not do what it was asked for."""
        self._seen_banners().add("warning", why)

    def _seen_banners(self) -> BannerStack:
        return (self.history_page if self.history_page.isVisible() else self.window.page).banners

    def _hold_unrecorded(self, session: Session, why: str) -> None:
        self.compare.unrecorded.add(session)
        words = f"The replies of this run are in this window only. {why}"
        banner = self.quality_page.banners.add("error", words, "Export…")
        banner.acted.connect(partial(self.window.export_unrecorded, (session,)))

    def _export(self, session_id: str) -> None:
        self.history_page.export_these((session_id,))

    def _tell_elsewhere(self, kind: BannerKind, words: str) -> None:
        """The history's own page tells it there; an export may be asked for on another."""
        if not self.history_page.isVisible():
            self.window.page.banners.add(kind, words)

    def _show_history(self) -> None:
        self.window.show_widget(self.history_page)

    def _discard(self, summary: SessionSummary) -> None:
        self.history.discard((summary,))

    def _take_history(self, history: History) -> None:
        self.opener.use(history)
        self.sessions.use(history)
        self.models.use(history)
        self.quality.use(history)
        self.history.use(history)
        self.cost.use(history)
        self.compare.make_ready(history)

    def _do_without(self, why: str) -> None:
        self.window.page.banners.add("error", f"{why} Until then, sessions are not kept.")
        self.compare.make_ready(None)

    def _be_without(self, _why: str) -> None:
        self.compare.make_ready(None)

    def _offer_salvage(self, why: str) -> None:
        banner = self._seen_banners().add("error", why, "Salvage what can be read")
        banner.acted.connect(self._salvage)

    def _salvage(self) -> None:
        why = self.compare.why_not_edit() or self.quality.why_not_edit()
        if why:
            self._seen_banners().add("warning", why, "Salvage what can be read").acted.connect(
                self._salvage
            )
            return
        self.history.release()
        self.keeper.salvage()

    def _save(self, settings: WindowSettings) -> None:
        try:
            save_settings(self._given.settings_file, settings)
        except StorageError:
            # The window is gone; settings that cannot be kept are no reason to fail on the way out.
            return


class SystemSignals(QObject):
    """Ctrl+C and SIGTERM close the window as its own button does.

    Python's handlers run only when Python does: the wake-up socket makes Qt's loop call it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._before = [(n, signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM)]
        self._wakeup_before = signal.set_wakeup_fd(self._far.fileno())
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)
        for number, _ in self._before:
            signal.signal(number, self._take)

    def close(self) -> None:
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before:
            signal.signal(number, handler)
        self._near.close()
        self._far.close()

    def _drain(self) -> None:
        self._near.recv(64)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._window.close_at_once()


def main(argv: list[str], given: Collaborators) -> int:
    """Run the window until it is closed; 0, or 1 where something it started did not end."""
    app = application(argv)
    if not QFontDatabase.families():
        print(
            "No fonts are installed, so text shows as boxes. Install DejaVu fonts.", file=sys.stderr
        )
    desk = Desk(app, given)
    signals = SystemSignals(desk.window)
    garbage = Garbage(desk)
    desk.open()
    code = app.exec()
    garbage.close()
    signals.close()
    return code if desk.close() else 1


def application(argv: list[str]) -> QApplication:
    QApplication.setStyle("Fusion")
    app = QApplication(argv)
    app.setApplicationName("steelyard")
    app.setApplicationDisplayName("Steelyard")
    app.setDesktopFileName("steelyard")
    return app
