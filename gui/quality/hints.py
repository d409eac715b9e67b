"""What the page says before anything was measured: what each measurement is for."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.labels import label

WHAT_FOR: Final = (
    (
        "What does the cheaper model lose?",
        (
            "Both models read the same text, token by token, and their probabilities are compared. "
            "That shows within minutes how far a smaller quantization is from the model it was made of.\n\n"
            "Choose a reference, usually the largest file, tick the candidates, and run. A bundled text does "
            "for a start; your own prompts, which the reference answers first, come closest to your own use."
        ),
    ),
    (
        "Is it good enough for your work?",
        (
            "Every model answers the same cases, and checks decide which replies pass. The verdict says with "
            "95 % confidence whether a candidate loses more than the margin you allow: better, good enough, "
            "worse, or not enough cases yet.\n\n"
            "Begin with ready cases, bring a file of your own prompts with checks, or take the prompts of a "
            "recorded session and say what a good reply does."
        ),
    ),
    (
        "How fast does it read and write?",
        (
            "Each model reads prompts and writes replies of fixed lengths, several times and nothing else: "
            "the figures are those of llama-bench, so they can be set beside what others report.\n\n"
            "The reference and the ticked candidates are measured one after the other. How fast a model "
            "answers your own prompts, and how soon it begins, is what Compare shows."
        ),
    ),
)


def hint(theme: Theme, title: str, text: str, parent: QWidget) -> QFrame:
    frame = QFrame(parent)
    space = theme.space
    column = QVBoxLayout(frame)
    column.setContentsMargins(space.xl, space.xl, space.xl, space.xl)
    column.setSpacing(space.m)
    column.addWidget(label(title, "title", parent=frame))
    column.addWidget(label(text, "muted", wrap=True, parent=frame))
    column.addStretch(1)
    return frame
