"""The picture of a page, as large as there is room for."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

_EDGE: Final = QColor("#9aa3ad")


class PagePreview(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.setAccessibleName("Preview: the first page")

    def show_picture(self, png: bytes) -> None:
        self.image = QImage.fromData(png)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        room = QSizeF(self.size())
        shown = QSizeF(self.image.size())
        scale = min(room.width() / shown.width(), room.height() / shown.height())
        shown *= scale
        left, top = (room.width() - shown.width()) / 2, (room.height() - shown.height()) / 2
        area = QRectF(left, top, shown.width(), shown.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self.image)
        painter.setPen(_EDGE)
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
