"""The Quality page: settings on the left, what was found on the right."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Session
from gui.actions import Command
from gui.model_files import choose_models
from gui.pages import Page, SessionView
from gui.quality.fidelity_form import FidelityForm
from gui.quality.findings_pane import FindingsPane
from gui.quality.participants_card import ParticipantsCard
from gui.quality.quality_model import QualityModel
from gui.quality.speed_form import SpeedForm
from gui.quality.suite_form import SuiteForm
from gui.theme import Theme
from gui.widgets.banner import BannerStack
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling

_WIDTH: Final = 44
_BY_TOKEN: Final = 0
_ON_CASES: Final = 1
_SPEED: Final = 2
_CHANGE: Final = (
    "Change models, cases or settings, then press Run. The result is a session of its own."
)
_CHANGE_FIDELITY: Final = (
    "Change models, text or limits, then press Run. The result is a session of its own."
)
_CHANGE_MODELS: Final = (
    "This session does not tell what its models were measured on: choose it, then press Run."
)
_CHANGE_SPEEDS: Final = (
    "Change models, sizes or repetitions, then press Run. The result is a session of its own."
)


def page_of_quality(page: QualityPage, model: QualityModel) -> Page:
    return Page(
        "quality",
        "Quality",
        "Measure what a cheaper model loses",
        page,
        page.take_focus,
        page.commands(),
        model.availability_changed,
        (
            SessionView(
                ("suite",),
                page.why_not_open,
                page.open_session,
                resume=page.resume_session,
                again=page.repeat_session,
                change=page.change_session,
            ),
            SessionView(
                ("fidelity",),
                page.why_not_open,
                page.open_fidelity,
                again=page.repeat_fidelity,
                change=page.change_fidelity,
            ),
            SessionView(
                ("bench",),
                page.why_not_open,
                page.open_speeds,
                resume=page.resume_speeds,
                again=page.repeat_speeds,
                change=page.change_speeds,
            ),
        ),
    )


class QualityPage(QWidget):
    """`divergence_wanted` carries a Question on a reply that a fidelity run scored or a suite checked."""

    divergence_wanted = Signal(object)

    def __init__(self, theme: Theme, model: QualityModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.banners = BannerStack(theme, self)
        self.participants = ParticipantsCard(theme, model.participants, self)
        self.fidelity_form = FidelityForm(theme, model.fidelity.settings, self)
        self.suite_form = SuiteForm(theme, model.suite.settings, model.suite.cases, self)
        self.speed_form = SpeedForm(theme, model.speed.settings, self)
        self.tabs = QTabBar(self)
        self.tabs.setAccessibleName("What to measure with")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(True)
        for title in ("On tokens", "On cases", "Speed"):
            self.tabs.addTab(title)
        self._forms = QStackedWidget(self)
        self.run = MainButton(theme, "play", "Run", parent=self)
        self.stop = MainButton(theme, "stop", "Stop", look="stop", parent=self)
        self.why = label("", "small-muted", wrap=True, parent=self)
        self.findings = FindingsPane(theme, self)
        self.result: QWidget | None = None
        self.verdicts: QWidget | None = None
        self.speeds: QWidget | None = None
        self._lay_out()
        self._connect()
        self._show_availability()

    def take_focus(self) -> None:
        """Put the keyboard where the user most likely goes on."""
        if self.run.isEnabled():
            self.run.setFocus()
        else:
            self.participants.add.setFocus()

    def commands(self) -> tuple[Command, ...]:
        model = self._model
        return (
            Command(
                "quality-run",
                "Measure quality",
                "Run",
                model.run,
                ("Ctrl+Return", "Ctrl+Enter"),
                model.why_not_run,
                part=2,
                listed=False,
            ),
            Command(
                "quality-stop",
                "Stop measuring",
                "Run",
                model.stop,
                ("Esc",),
                model.why_not_stop,
                part=2,
                listed=False,
            ),
        )

    def why_not_open(self) -> str:
        return self._model.why_not_edit()

    def open_session(self, session: Session) -> None:
        """Show a recorded session as it was seen."""
        self._show_tab(_ON_CASES)
        self._model.open_suite(session)

    def open_fidelity(self, session: Session) -> None:
        """Show a recorded fidelity run as it was seen."""
        self._show_tab(_BY_TOKEN)
        self._model.open_fidelity(session)

    def repeat_fidelity(self, session: Session) -> None:
        """Measure all that a recorded fidelity run measured once more."""
        self._show_tab(_BY_TOKEN)
        self._model.repeat_fidelity(session)

    def change_fidelity(self, session: Session) -> None:
        """Show a recorded fidelity run and let the user change something before it is run again."""
        self._show_tab(_BY_TOKEN)
        self._model.change_fidelity(session)
        known = session.fidelity_task is not None
        self.banners.add("notice", _CHANGE_FIDELITY if known else _CHANGE_MODELS)

    def open_speeds(self, session: Session) -> None:
        """Show a recorded speed run as it was seen."""
        self._show_tab(_SPEED)
        self._model.open_speeds(session)

    def resume_speeds(self, session: Session) -> None:
        """Measure what a recorded speed run still lacks."""
        self._show_tab(_SPEED)
        self._model.resume_speeds(session)

    def repeat_speeds(self, session: Session) -> None:
        """Measure all that a recorded speed run measured once more."""
        self._show_tab(_SPEED)
        self._model.repeat_speeds(session)

    def change_speeds(self, session: Session) -> None:
        """Show a recorded speed run and let the user change something before it is run again."""
        self.open_speeds(session)
        self.banners.add("notice", _CHANGE_SPEEDS)

    def _show_tab(self, place: int) -> None:
        self.banners.clear()
        self.tabs.setCurrentIndex(place)

    def resume_session(self, session: Session) -> None:
        """Run what a recorded session still lacks."""
        self._show_tab(_ON_CASES)
        self._model.resume_suite(session)

    def repeat_session(self, session: Session) -> None:
        """Run all that a recorded session asked once more."""
        self._show_tab(_ON_CASES)
        self._model.repeat_suite(session)

    def change_session(self, session: Session) -> None:
        """Show a recorded session and let the user change something before all of it is run again."""
        self.open_session(session)
        self.banners.add("notice", _CHANGE)

    def choose_files(self) -> None:
        """Ask for GGUF files and add them."""
        self._model.add_files(choose_models(self))

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        row = QHBoxLayout()
        row.setSpacing(space.l)
        row.addWidget(self._settings())
        row.addWidget(self.findings, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addLayout(row, 1)

    def _settings(self) -> QWidget:
        space = self._theme.space
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        column = QVBoxLayout(inner)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.m)
        column.addWidget(label("Models", "strong", parent=inner))
        column.addWidget(self.participants)
        column.addWidget(self.tabs)
        for each in (self.fidelity_form, self.suite_form, self.speed_form):
            self._forms.addWidget(each)
        column.addWidget(self._forms)
        column.addStretch(1)
        scroll = scrolling(inner, self)
        card = QFrame(self)
        card.setProperty("look", "card")
        card.setFixedWidth(self._theme.characters(_WIDTH))
        foot = QVBoxLayout()
        foot.setContentsMargins(space.m, 0, space.m, space.m)
        foot.setSpacing(space.xs)
        foot.addWidget(self.why)
        foot.addWidget(self.run)
        foot.addWidget(self.stop)
        whole = QVBoxLayout(card)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)
        return card

    def _connect(self) -> None:
        model, fidelity = self._model, self._model.fidelity
        model.availability_changed.connect(self._show_availability)
        model.failed.connect(partial(self.banners.add, "error"))
        model.noticed.connect(partial(self.banners.add, "notice"))
        self.participants.add_wanted.connect(self.choose_files)
        self.fidelity_form.edited.connect(fidelity.edit)
        self.fidelity_form.sessions_wanted.connect(fidelity.list_sessions)
        fidelity.sessions_known.connect(self.fidelity_form.offer_sessions)
        fidelity.settings_shown.connect(self.fidelity_form.show_settings)
        self.suite_form.edited.connect(model.suite.edit)
        self.tabs.currentChanged.connect(self._show_measurement)
        self.run.clicked.connect(model.run)
        self.stop.clicked.connect(model.stop)
        self.speed_form.edited.connect(model.speed.edit)
        model.speed.settings_shown.connect(self.speed_form.show_settings)
        for measurement in (fidelity, model.suite, model.speed):
            measurement.progressed.connect(self.findings.show_progress)
            measurement.begun.connect(self.banners.clear)
        fidelity.estimated.connect(self._show_result)
        fidelity.finished.connect(self._end)
        model.suite.settings_given.connect(self._show_settings)
        model.suite.finished.connect(self._end_suite)
        for changed in (model.speed.begun, model.speed.finished):
            changed.connect(self._show_speeds)

    # What the model says -----------------------------------------------------------------------

    def _show_availability(self) -> None:
        model, running = self._model, self._model.running
        why = model.why_not_run()
        focused = self.run.hasFocus() or self.stop.hasFocus()
        self.run.setVisible(not running)
        self.run.setEnabled(not why)
        self.stop.setVisible(running)
        self.stop.setEnabled(not model.why_not_stop())
        if focused:
            (self.stop if running else self.run).setFocus()
        self.why.setText(model.why_not_stop() if running else why)
        self.why.setVisible(bool(self.why.text()))
        self.participants.set_locked(self._model.why_not_edit())
        self.fidelity_form.set_locked(running)
        self.suite_form.set_locked(running)
        self.speed_form.set_locked(running)
        self.tabs.setEnabled(not running)
        self.findings.show_running(running)

    def _show_result(self, _name: str = "") -> None:
        """Make the view of the result with the first estimate; from then on it follows the model."""
        if self.result is not None:
            return
        from gui.quality.fidelity_result import FidelityResult

        result = self.result = FidelityResult(self._theme, self._model.fidelity, self)
        result.divergence_wanted.connect(self.divergence_wanted)
        self._model.held.connect(result.worst.hold)
        result.worst.hold(self._model.why_not_measure())
        self.findings.put(_BY_TOKEN, self.result)

    def _end(self) -> None:
        document = self._model.fidelity.document
        if document is not None:
            self._show_result()
            words = "The measurement has ended"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def _show_measurement(self, place: int) -> None:
        self._forms.setCurrentIndex(place)
        self.findings.show_place(place)
        model = self._model
        model.show((model.fidelity, model.suite, model.speed)[place])
        if place == _ON_CASES:
            self._model.suite.cases.list_ready()

    def _show_settings(self) -> None:
        self.suite_form.show_settings(self._model.suite.settings)

    def _show_speeds(self) -> None:
        """Make the view of the speeds with the first run; from then on it follows the model."""
        if self.speeds is None and self._model.speed.contenders:
            from gui.quality.speed_result import SpeedResult

            self.speeds = SpeedResult(self._theme, self._model.speed, self)
            self.findings.put(_SPEED, self.speeds)

    def _end_suite(self) -> None:
        if self._model.suite.found is None:
            return
        if self.verdicts is None:
            from gui.quality.suite_result import SuiteResult

            verdicts = self.verdicts = SuiteResult(self._theme, self._model.suite, self)
            tokens = verdicts.cases.tokens
            tokens.wanted.connect(self.divergence_wanted)
            self._model.held.connect(tokens.hold)
            tokens.hold(self._model.why_not_measure())
            self.findings.put(_ON_CASES, verdicts)
        words = "The verdicts are there"
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
