"""The style sheet of the design system, written from the colours and scales of the theme.

A widget takes a look by its dynamic property `look`. Entry fields, lists and menus are left to Fusion and
the palette.
"""

from __future__ import annotations

from string import Template

from gui.design import Colours, Spacing, Type

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $border; padding: ${xs}px; }
QMenuBar { background: $window; border-bottom: 1px solid $border; }
QMenuBar::item { padding: ${xs}px ${s}px; background: transparent; }
QMenuBar::item:selected { background: $hover; border-radius: ${xs}px; }

QLabel[look="small"] { font-size: ${small_pt}pt; }
QLabel[look="muted"] { color: $muted; }
QLabel[look="small-muted"] { color: $muted; font-size: ${small_pt}pt; }
QLabel[look="strong"] { font-weight: 600; font-size: ${strong_pt}pt; }
QLabel[look="title"] { font-weight: 600; font-size: ${title_pt}pt; }
QLabel[look="display"] { font-weight: 600; font-size: ${display_pt}pt; }
QLabel[look="error"] { color: $error; }
QLabel[look="figure"] { font-weight: 600; font-size: ${title_pt}pt; }
QLabel[look="tag"] { color: $text; background: $raised; border: 1px solid $border;
  border-radius: ${xs}px; padding: 0px ${xs}px; font-size: ${small_pt}pt; font-weight: 600; }
QLabel[look="award"] { color: $good; background: $good_soft; border-radius: ${xs}px;
  padding: 1px ${xs}px; font-size: ${small_pt}pt; font-weight: 600; }

QLabel[badge="quiet"] { color: $muted; background: $raised; }
QLabel[badge="busy"] { color: $accent; background: $accent_soft; }
QLabel[badge="good"] { color: $good; background: $good_soft; }
QLabel[badge="warning"] { color: $warning; background: $warning_soft; }
QLabel[badge="error"] { color: $error; background: $error_soft; }
QLabel[badge] { border-radius: ${xs}px; padding: 1px ${xs}px; font-size: ${small_pt}pt; font-weight: 600; }

QFrame[look="card"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[look="card-focus"] { background: $surface; border: 1px solid $accent; border-radius: ${radius}px; }
QFrame[look="bar"] { background: $window; }
QFrame[look="rail"] { background: $window; border-right: 1px solid $border; }
QFrame[look="panel"] { background: $window; border-right: 1px solid $border; }
QFrame[look="popover"] { background: $surface; border: 1px solid $strong_border; }
QFrame[look="line"] { background: $border; border: none; }
QFrame[banner="notice"] { background: $accent_soft; border-radius: ${xs}px; }
QFrame[banner="warning"] { background: $warning_soft; border-radius: ${xs}px; }
QFrame[banner="error"] { background: $error_soft; border-radius: ${xs}px; }
QFrame[banner="notice"] QLabel { color: $text; }
QFrame[banner="warning"] QLabel { color: $text; }
QFrame[banner="error"] QLabel { color: $text; }

QAbstractScrollArea[look="plain"] { background: transparent; border: none; }
QWidget[look="clear"] { background: transparent; }
QPlainTextEdit[look="field"], QTextEdit[look="field"] { background: $surface; border: none; }
QPlainTextEdit[look="entry"] { background: $surface; border: 1px solid $strong_border;
  border-radius: ${xs}px; }
QPlainTextEdit[look="entry"]:focus { border: 1px solid $accent; }
QTextBrowser[look="reply"], QPlainTextEdit[look="reply"] { background: $surface; border: none; }
QPlainTextEdit[look="aside"] { background: $raised; border: none; border-radius: ${xs}px; color: $muted;
  font-size: ${small_pt}pt; }
QListView[look="sessions"] { background: transparent; border: none; }

QPushButton { background: $surface; border: 1px solid $strong_border; border-radius: ${xs}px;
  padding: ${xs}px ${m}px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border: 2px solid $accent; padding: ${xs_less}px ${m_less}px; }
QPushButton:disabled { color: $strong_border; background: $raised; border-color: $border; }
QPushButton[look="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent;
  font-weight: 600; }
QPushButton[look="primary"]:hover { background: $accent; border-color: $text; }
QPushButton[look="primary"]:focus { border: 2px solid $text; }
QPushButton[look="primary"]:disabled { color: $strong_border; background: $raised; border-color: $border; }
QPushButton[look="text"], QPushButton[look="fold"] { background: transparent; color: $text;
  border: 1px solid transparent; padding: ${xs_less}px ${xs}px; }
QPushButton[look="fold"] { padding-left: 0px; }
QPushButton[look="text"]:hover, QPushButton[look="fold"]:hover { background: $hover; }
QPushButton[look="text"]:disabled { color: $strong_border; }
QPushButton[look="text"]:focus, QPushButton[look="fold"]:focus { border: 1px solid $accent; }
QPushButton[look="outline"] { border: 1px solid $border; border-radius: ${radius}px;
  padding: ${s}px ${m}px; }
QPushButton[look="outline"]:focus { border: 1px solid $accent; padding: ${s}px ${m}px; }
QPushButton[look="stop"] { background: $error_soft; color: $error; border: 1px solid $error;
  font-weight: 600; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: ${xs}px;
  padding: ${xs_less}px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $accent_soft; color: $accent; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:disabled { color: $strong_border; }
QToolButton[look="rail"], QToolButton[look="rail-switch"] { padding: ${xs}px 0px;
  border-radius: ${radius}px; color: $muted; font-size: ${small_pt}pt; }
QToolButton[look="rail"]:checked { color: $accent; background: $accent_soft; font-weight: 600; }
QToolButton[look="rail-switch"]:checked { color: $accent; background: transparent; }
QToolButton[look="rail-switch"]:checked:hover { background: $hover; }
QToolButton::menu-indicator { image: none; }

QFrame[look="chip"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[look="chip"]:hover { background: $hover; }
QFrame[look="chip"]:focus { border: 1px solid $accent; }

QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; color: $muted; border: none;
  border-bottom: 1px solid $border; padding: ${xs}px ${s}px; font-weight: 600; }
QTableView[look="plain"]::item { padding: 0px ${xs}px; }
QTableView[look="plain"]::item:selected { background: $accent_soft; color: $text; }
QTabBar::tab { background: transparent; color: $muted; padding: ${xs}px ${m}px;
  border: none; border-bottom: 2px solid $border; }
QTabBar::tab:selected { color: $accent; border-bottom: 2px solid $accent; font-weight: 600; }
QTabBar::tab:hover { background: $hover; }
QTabBar::tab:focus { background: $accent_soft; }
QTabBar::tab:disabled { color: $strong_border; }

QProgressBar { background: $raised; border: none; border-radius: 2px; max-height: 3px; min-height: 3px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QScrollBar:vertical { background: transparent; width: ${scroll}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${scroll}px; margin: 0; }
QScrollBar::handle { background: $thumb; border-radius: ${scroll_round}px; }
QScrollBar::handle:vertical { min-height: ${xl}px; margin: 0 2px; }
QScrollBar::handle:horizontal { min-width: ${xl}px; margin: 2px 0; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(colours: Colours, space: Spacing, scale: Type) -> str:
    scroll = space.m
    return _SHEET.substitute(
        vars(colours),
        xs=space.xs,
        s=space.s,
        m=space.m,
        xl=space.xl,
        radius=space.radius,
        xs_less=max(1, space.xs - 1),
        m_less=space.m - 1,
        scroll=scroll,
        scroll_round=max(2, (scroll - 4) // 2),
        small_pt=round(scale.small, 2),
        strong_pt=round(scale.strong, 2),
        title_pt=round(scale.title, 2),
        display_pt=round(scale.display, 2),
    )
