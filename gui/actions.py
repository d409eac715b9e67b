"""Actions as one table, which feeds the menus, the shortcuts and the help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


def never_blocked() -> str:
    return ""


@dataclass(frozen=True)
class Command:
    """blocked: a sentence why it cannot be used now, or empty. checked: for what is on or off.

    keys: the first is shown. part: commands of a menu are set apart where it changes. listed: whether
    the help names its keys.
    """

    id: str
    title: str
    menu: str
    call: Callable[[], None]
    keys: tuple[str, ...] = ()
    blocked: Callable[[], str] = never_blocked
    checked: Callable[[], bool] | None = None
    part: int = 0
    listed: bool = True


class ActionTable(QObject):
    def __init__(self, commands: Sequence[Command], window: QMainWindow) -> None:
        super().__init__(window)
        self.commands = tuple(commands)
        self._actions = {command.id: self._action(command, window) for command in commands}
        self._fill_menus(window)
        self.refresh()

    def action(self, command_id: str) -> QAction:
        return self._actions[command_id]

    def refresh(self) -> None:
        """Ask each command again whether it can be used, and whether it is on."""
        for command in self.commands:
            action = self._actions[command.id]
            why = command.blocked()
            action.setEnabled(not why)
            action.setToolTip(why or command.title)
            action.setStatusTip(why)
            if command.checked is not None:
                action.setChecked(command.checked())

    def shortcuts(self) -> list[tuple[str, str]]:
        """Each command that has keys: its title, and the keys as this system writes them."""
        return [
            (command.title.rstrip("…"), " or ".join(_native(key) for key in command.keys))
            for command in self.commands
            if command.keys and command.listed
        ]

    def _action(self, command: Command, window: QMainWindow) -> QAction:
        action = QAction(command.title, window)
        action.setObjectName(command.id)
        action.setCheckable(command.checked is not None)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.triggered.connect(_Call(command.call, self).call)
        action.triggered.connect(self.refresh)
        window.addAction(action)
        return action

    def _fill_menus(self, window: QMainWindow) -> None:
        menus: dict[str, QMenu] = {}
        for name in _in_order(command.menu for command in self.commands):
            parent, _, child = name.partition("/")
            if child:
                menus[name] = menus[parent].addMenu(child)
            else:
                menus[name] = window.menuBar().addMenu(f"&{name}")
            menus[name].setToolTipsVisible(True)
        last: dict[str, int] = {}
        for command in self.commands:
            menu = menus[command.menu]
            if last.setdefault(command.menu, command.part) != command.part:
                menu.addSeparator()
                last[command.menu] = command.part
            menu.addAction(self._actions[command.id])


class _Call(QObject):
    """Drops the checked state that `triggered` carries, which Python would hand to the command."""

    def __init__(self, function: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._function = function

    def call(self, _checked: bool = False) -> None:
        self._function()


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
