"""How the window looks now: the design in the colours that the user or the system chose."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication

from gui.design import COLOURS, Colours, Scheme, Spacing, Type
from gui.stylesheet import stylesheet

SchemeChoice = Literal["system", "light", "dark"]
_OUTLINED: Final = ("QCheckBox", "QRadioButton", "QComboBox", "QAbstractSpinBox", "QLineEdit")


class Theme(QObject):
    """The look in force; `changed` tells those who tint icons or format documents to do so again."""

    changed = Signal()

    def __init__(
        self, app: QApplication, choice: SchemeChoice = "system", *, dressed: bool = True
    ) -> None:
        """dressed=False: leaves the style sheet to `dress`, for a window that is first to be built.

        Under a style sheet Qt dresses a whole tree of widgets anew each time it is put into another.
        """
        super().__init__(app)
        self._app = app
        self._choice: SchemeChoice = choice
        metrics = QFontMetrics(app.font())
        unit = max(3, round(metrics.height() / 4))
        self.space = Spacing(
            xs=unit, s=2 * unit, m=3 * unit, l=4 * unit, xl=6 * unit, radius=2 * unit
        )
        size = app.font().pointSizeF()
        self.type = Type(
            small=size * 0.92, body=size, strong=size * 1.08, title=size * 1.3, display=size * 1.75
        )
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._colour()
        if dressed:
            self.dress()
        else:
            app.setStyleSheet("")

    @property
    def choice(self) -> SchemeChoice:
        return self._choice

    @property
    def scheme(self) -> Scheme:
        if self._choice != "system":
            return self._choice
        dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return "dark" if dark else "light"

    @property
    def colours(self) -> Colours:
        return COLOURS[self.scheme]

    def choose(self, choice: SchemeChoice) -> None:
        if choice != self._choice:
            self._choice = choice
            self.apply()

    def apply(self) -> None:
        self._colour()
        self.dress()
        self.changed.emit()

    def dress(self) -> None:
        # From one sheet to the next Qt takes four times as long as from none.
        self._app.setStyleSheet("")
        self._app.setStyleSheet(stylesheet(self.colours, self.space, self.type))

    def _colour(self) -> None:
        """The platform is asked first, our own palette holds where it cannot."""
        wanted = {
            "system": Qt.ColorScheme.Unknown,
            "light": Qt.ColorScheme.Light,
            "dark": Qt.ColorScheme.Dark,
        }
        self._app.styleHints().setColorScheme(wanted[self._choice])
        self._app.setPalette(palette(self.colours))
        for name in _OUTLINED:
            fields = _outlined(palette(self.colours), self.colours)
            self._app.setPalette(fields, name)  # type: ignore[arg-type] # takes str, whatever its stub says

    def mono(self, size: float | None = None) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(size or self.type.body)
        return font

    def characters(self, count: int) -> int:
        """Width of so many average characters of body text."""
        return QFontMetrics(self._app.font()).averageCharWidth() * count

    def lines(self, count: float) -> int:
        """Height of so many lines of body text."""
        return round(QFontMetrics(self._app.font()).lineSpacing() * count)

    def _follow_system(self) -> None:
        if self._choice == "system":
            self.apply()


def palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    table = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.hover,
        role.Midlight: colours.hover,
        role.Mid: colours.border,
        role.Dark: colours.strong_border,
        role.Shadow: colours.border,
    }
    made = QPalette()
    for name, colour in table.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.strong_border))
    return made


def _outlined(made: QPalette, colours: Colours) -> QPalette:
    """For fields: Fusion draws their outline 1.4 times darker than the window, unseen on a dark one."""
    made.setColor(QPalette.ColorRole.Window, QColor(colours.strong_border).lighter(140))
    return made
