"""The charts of a fidelity run."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract import Contender, Estimate, Fidelity, FidelityDocument
from engine.quality.fidelity_sentences import error_of
from gui.quality.plot import Plot
from gui.theme import Theme

KLD, SAME_TOP, SIZE = "kld", "same_top", "size"
_BOTTOM: Final = {
    KLD: "Mean KLD, nats",
    SAME_TOP: "Same next token, %",
    SIZE: "Size of the file, MB",
}
_MB: Final = 1e6
_FLOOR: Final = "noise floor"


class FidelityChart(QWidget):
    """A dot with its ± for every candidate; the noise floor as a dashed line where it belongs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._document: FidelityDocument | None = None
        self._sizes: dict[str, float] = {}
        self._kind = KLD
        self.plot = Plot(theme, "Chart of the measured differences", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        theme.changed.connect(self._draw)

    def show_result(
        self, document: FidelityDocument, contenders: dict[str, Contender], kind: str
    ) -> None:
        self._document, self._kind = document, kind
        self._sizes = {name: each.model.size_bytes / _MB for name, each in contenders.items()}
        self._draw()

    def _draw(self) -> None:
        document = self._document
        if document is None:
            return
        against_size = self._kind == SIZE
        left = "Mean KLD, nats" if against_size else ""
        self.plot.begin(left, _BOTTOM[self._kind], grid_y=against_size)
        shown = [each for each in document.candidates if isinstance(each, Fidelity)]
        floor = None if document.noise_floor is None else document.noise_floor.mean_kld
        if against_size:
            self._against_size(shown, floor)
        elif self._kind == SAME_TOP:
            self._by_candidate(shown, [each.same_top_percent for each in shown], 100.0)
        else:
            self._by_candidate(shown, [each.mean_kld for each in shown], 0.0, floor)

    def _by_candidate(
        self,
        shown: list[Fidelity],
        values: list[Estimate],
        equal: float,
        floor: float | None = None,
    ) -> None:
        """One line each, the first at the top; `equal`: the value of a model like the reference."""
        places = [float(len(shown) - 1 - place) for place in range(len(shown))]
        ends = [equal]
        for place, value in zip(places, values, strict=True):
            error = error_of(value)
            self.plot.dot(value.value, place, across=None if error is None else (error, error))
            ends += [value.value - (error or 0.0), value.value + (error or 0.0)]
        self.plot.name_lines([(p, each.name) for p, each in zip(places, shown, strict=True)])
        if floor is not None:
            ends.append(floor)
            # In the room that is left above the first line, however many there are.
            named_at = (len(shown) + 0.15) / (len(shown) + 0.5)
            self.plot.rule(floor, _FLOOR, upright=True, named_at=named_at)
        low, high = min(ends), max(ends)
        room = 0.06 * (high - low) or 0.01
        self.plot.spread((low - room, high + room), (-0.6, len(shown) - 0.1))
        self.setFixedHeight(self._theme.lines(6 + 2 * len(shown)))

    def _against_size(self, shown: list[Fidelity], floor: float | None) -> None:
        highest = floor or 1e-6
        for each in shown:
            size, kld, error = self._sizes[each.name], each.mean_kld.value, error_of(each.mean_kld)
            self.plot.dot(size, kld, along=None if error is None else (error, error))
            self.plot.words(size, kld, each.name)
            highest = max(highest, kld + (error or 0.0))
        self.plot.name_lines([])
        sizes = [self._sizes[each.name] for each in shown]
        room = max(0.35 * (max(sizes) - min(sizes)), 0.2 * max(sizes))
        across = (min(sizes) - room, max(sizes) + room)
        self.plot.spread(across, (-0.06 * highest, 1.35 * highest))
        if floor is not None:
            self.plot.rule(floor, _FLOOR, upright=False)
        self.setFixedHeight(self._theme.lines(16))
