"""The Compare page: its parts laid out and connected to its model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.contract import Contender, Reply
from gui.compare.asked import AskedLine
from gui.compare.blind_view import BlindView
from gui.compare.cells import ColumnView, Phase
from gui.compare.chips import ChipRow
from gui.compare.columns import Columns
from gui.compare.compare_model import CompareModel
from gui.compare.composer import Composer
from gui.compare.contenders_model import same_settings
from gui.compare.runtime_form import RuntimeForm
from gui.compare.word_marks import WordMarks
from gui.divergence.asker import Asker
from gui.figures import rate
from gui.model_files import choose_model, choose_models
from gui.pages import Page, SessionView
from gui.theme import Theme
from gui.widgets.banner import Banner, BannerStack
from gui.widgets.empty import EmptyState
from gui.widgets.labels import label


def page_of_compare(page: ComparePage, model: CompareModel, whole: QWidget) -> Page:
    """whole: what is shown of it, the page itself or something that holds it."""
    return Page(
        "compare",
        "Compare",
        "Compare models",
        whole,
        page.take_focus,
        sessions=(
            SessionView(
                kinds=("compare",),
                why_not=model.why_not_edit,
                show=model.show_session,
                resume=model.resume_session,
                again=model.repeat_session,
                change=model.change_session,
            ),
        ),
    )


class ComparePage(QWidget):
    link_chosen = Signal(QUrl)
    export_wanted = Signal()
    models_wanted = Signal()
    cost_wanted = Signal()
    divergence_wanted = Signal(object)
    """A Question on where another contender would leave a reply."""

    def __init__(self, theme: Theme, model: CompareModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._form_name = ""
        self._warnings: Banner | None = None
        self.banners = BannerStack(theme, self)
        self.chips = ChipRow(theme, self)
        self.asked = AskedLine(theme, self)
        self.columns = Columns(theme, self)
        self.composer = Composer(theme, self)
        self.blind = BlindView(theme, model.blind, self)
        self.voted = label("", "muted", wrap=True, parent=self)
        self._results = QStackedWidget(self)
        self._results.addWidget(self.columns)
        self._results.addWidget(self.blind)
        self.word_marks = WordMarks(theme, self.columns)
        self.asker = Asker(model, self.columns, self)
        self.empty = EmptyState(theme, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._bench())
        space = theme.space
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addWidget(self._stack, 1)
        self._connect_model()
        self._connect_parts()
        self._show_contenders()
        self._show_draft()
        self._show_availability()
        self._show_blind()

    def take_focus(self) -> None:
        """Put the keyboard where the user most likely goes on."""
        if self._stack.currentIndex():
            self.composer.take_focus()
        else:
            self.empty.demo.setFocus()

    def choose_files(self) -> None:
        """Ask for GGUF files and add them."""
        self._model.add_files(choose_models(self))

    def swap_model(self, name: str) -> None:
        """Ask for the file that takes a contender's place."""
        path = choose_model(self, f"Swap {name}")
        if path is not None:
            self._model.swap_model(name, path)

    def open_settings(self, name: str) -> None:
        """Open the settings of a contender under its chip."""
        contender, chip = self._model.contenders.named(name), self.chips.chip(name)
        if contender is None or chip is None:
            return
        form = RuntimeForm(self._theme, contender, self)
        self._form_name = name
        form.edited.connect(self._take_contender)
        form.swap_wanted.connect(self._swap_shown)
        form.duplicate_wanted.connect(self._duplicate_shown)
        form.remove_wanted.connect(self._remove_shown)
        self._column.activate()  # a chip that is new has its place only then
        form.open_at(chip)

    def is_raw(self) -> bool:
        return self.columns.raw

    def toggle_raw(self) -> None:
        self.columns.show_raw(not self.columns.raw)

    def scrolls_together(self) -> bool:
        return self.columns.together

    def toggle_scroll(self) -> None:
        self.columns.scroll_together(not self.columns.together)

    def marks_words(self) -> bool:
        return self.word_marks.on

    def is_maximised(self) -> bool:
        return self.columns.maximised is not None

    def toggle_maximised(self) -> None:
        """Show the column that has the keyboard alone, else the first; or all of them again."""
        contenders = self._model.contenders.contenders
        if self.is_maximised() or not contenders:
            self.columns.maximise(None)
        else:
            self.columns.maximise(self.columns.focused() or contenders[0].name)

    def step_case(self, steps: int) -> None:
        self.asked.switcher.step(steps)

    def why_no_case(self, steps: int) -> str:
        there = self._model.board.cases and self.asked.switcher.neighbour(steps) is not None
        return "" if there else "There is no other prompt on that side."

    def _bench(self) -> QWidget:
        bench = QWidget(self)
        column = QVBoxLayout(bench)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.space.m)
        column.addWidget(self.chips)
        column.addWidget(self.asked)
        column.addWidget(self.voted)
        column.addWidget(self._results, 1)
        column.addWidget(self.composer)
        return bench

    def _connect_model(self) -> None:
        model, board = self._model, self._model.board
        model.contenders.changed.connect(self._show_contenders)
        model.draft.replaced.connect(self._show_draft)
        model.availability_changed.connect(self._show_availability)
        model.failed.connect(partial(self.banners.add, "error"))
        model.warned.connect(self._warn)
        model.noticed.connect(partial(self.banners.add, "notice"))
        model.demo.progressed.connect(self.empty.show_progress)
        model.demo.ended.connect(self.empty.end_progress)
        board.rebuilt.connect(self._show_other_board)
        board.case_shown.connect(self._show_board)
        board.status_changed.connect(self._show_cases)
        board.changed.connect(self._show_column)
        board.cell_shown.connect(self._show_text)
        board.streamed.connect(self.columns.append)
        self.columns.painted.connect(self._show_column)
        board.replied.connect(self._announce)
        model.blind.changed.connect(self._show_blind)

    def _connect_parts(self) -> None:
        model, chips = self._model, self.chips
        self.empty.demo_chosen.connect(model.demo.run)
        self.empty.own_chosen.connect(self.choose_files)
        chips.add_wanted.connect(self.models_wanted)
        chips.settings_wanted.connect(self.open_settings)
        chips.swap_wanted.connect(self.swap_model)
        chips.duplicate_wanted.connect(self._duplicate)
        chips.remove_wanted.connect(model.contenders.remove)
        chips.shift_wanted.connect(model.contenders.shift)
        chips.move_wanted.connect(model.contenders.move)
        chips.files_dropped.connect(model.add_files)
        self.asked.case_chosen.connect(model.board.show_case)
        self.asked.again_wanted.connect(model.run_again)
        self.asked.change_wanted.connect(model.change_shown)
        self.asked.resume_wanted.connect(model.resume)
        self.asked.export_wanted.connect(self.export_wanted)
        self.asked.cost_wanted.connect(self.cost_wanted)
        self.columns.repeat_chosen.connect(model.board.show_repeat)
        self.columns.link_chosen.connect(self.link_chosen)
        self.blind.link_chosen.connect(self.link_chosen)
        self.columns.divergence_wanted.connect(self.asker.ask)
        self.asker.wanted.connect(self.divergence_wanted)
        self.composer.edited.connect(self._edit_draft)
        self.composer.run_wanted.connect(model.run)
        self.composer.stop_wanted.connect(model.stop)

    # What the model says -----------------------------------------------------------------------

    def _show_contenders(self) -> None:
        contenders = self._model.contenders.contenders
        if (self._stack.currentIndex() == 0) == bool(contenders):
            self._stack.setCurrentIndex(1 if contenders else 0)
            self.take_focus()
        self.chips.show_contenders(contenders)
        fresh = self.columns.arrange(contenders)
        for contender in contenders:
            self._show_column(contender.name)
            if contender.name in fresh:
                self._show_text(contender.name)

    def _warn(self, text: str) -> None:
        """What one run warns of shares a banner: six of them would bury the replies."""
        if self._warnings is not None and self._warnings in self.banners.banners:
            self._warnings.append(text)
        else:
            self._warnings = self.banners.add("warning", text)

    def _show_other_board(self) -> None:
        if self._warnings is not None:
            self.banners.remove(self._warnings)
            self._warnings = None
        self._show_board()

    def _show_board(self) -> None:
        self._show_cases()
        for contender in self._model.contenders.contenders:
            self._show_column(contender.name)
            self._show_text(contender.name)

    def _show_cases(self) -> None:
        board = self._model.board
        self.asked.show_cases(board.cases, board.shown_case_index, board.differing)

    def _show_column(self, name: str) -> None:
        contender = self._model.contenders.named(name)
        if contender is not None:
            self.columns.show_view(name, self._view(contender))
            self._show_divergence(name)

    def _show_divergence(self, name: str) -> None:
        if (column := self.columns.column(name)) is not None:
            column.show_divergence(self.asker.why_not(name))

    def _view(self, contender: Contender) -> ColumnView:
        board = self._model.board
        if not board.has(contender.name):
            return ColumnView(contender=contender, phase=Phase.READY)
        view = board.column(contender.name)
        return replace(view, changed_since=not same_settings(view.contender, contender))

    def _show_text(self, name: str) -> None:
        board = self._model.board
        self.columns.show_text(name, *(board.text(name) if board.has(name) else ("", "")))

    def _show_draft(self) -> None:
        self.composer.show_draft(self._model.draft.draft)

    def _show_availability(self) -> None:
        model = self._model
        several = len(model.contenders.contenders) > 1
        self.composer.show_availability(
            model.why_not_run(), model.why_not_stop(), running=model.running, several=several
        )
        self.chips.set_locked(model.why_not_edit())
        for contender in model.contenders.contenders:
            self._show_divergence(contender.name)
        self.asked.show_availability(
            why_no_resume=model.why_not_resume(),
            why_not_again=model.why_not_run_again(),
            why_no_change=model.why_not_change(),
            why_no_cost=model.why_not_cost(),
            why_no_export=model.why_not_export(),
        )

    def _show_blind(self) -> None:
        """Letters while a blind run hides its names; after that what was chosen."""
        blind = self._model.blind
        self._results.setCurrentIndex(1 if blind.hiding else 0)
        words = blind.words()
        self.voted.setText(words)
        self.voted.setVisible(bool(words))

    def _announce(self, reply: Reply) -> None:
        """Tell a screen reader that a reply has ended, and how."""
        speed = reply.timing.generation_tokens_per_s
        if self._model.blind.hiding:
            words = "A model has replied"
        elif reply.error is not None:
            words = f"{reply.contender} failed: {reply.error}"
        else:
            words = f"{reply.contender} has replied" + (f", {rate(speed)}" if speed else "")
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    # What the user does ------------------------------------------------------------------------

    def _edit_draft(self, field: str, value: object) -> None:
        self._model.draft.edit(**{field: value})

    def _duplicate(self, name: str) -> None:
        self.open_settings(self._model.contenders.duplicate(name))

    def _take_contender(self, contender: Contender) -> None:
        self._form_name = self._model.contenders.change(self._form_name, contender)

    def _swap_shown(self) -> None:
        self.swap_model(self._form_name)

    def _duplicate_shown(self) -> None:
        self._duplicate(self._form_name)

    def _remove_shown(self) -> None:
        self._model.contenders.remove(self._form_name)
