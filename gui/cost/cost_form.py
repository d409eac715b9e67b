"""What the user can say about use, prices and the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from gui.cost.paid_list import PaidList
from gui.cost.range_field import RangeField
from gui.cost.settings import CURRENCIES, CostSettings
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, FoldedRows, NumberField, RealField, add_row, form

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.cost.paid import PaidModel
    from engine.cost.ranges import Range

_DEAREST: Final = "The dearest"
_SYSTEM: Final = "As this system"
_ENERGY: Final = {"total": "In all", "above": "Above idle"}


class CostForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)
    prices_wanted = Signal()
    """The user wants to change the list of paid models."""

    def __init__(self, theme: Theme, settings: CostSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.requests = NumberField(settings.requests_per_day, 0, 1_000_000_000, step=1000)
        self.compare = ChoiceField({"": _DEAREST}, settings.compare_with)
        self.country = ChoiceField({"": _SYSTEM}, settings.country)
        self.currency = ChoiceField({each: each for each in CURRENCIES}, settings.currency)
        self.price = RealField(0.0, 0.0, 1000.0, step=0.01)
        self.price_range = RangeField(theme, "Price of a kWh", 1000.0, 0.01)
        self.grid = RealField(0.0, 0.0, 5000.0, step=10.0)
        self.grid_range = RangeField(theme, "CO2e of a kWh", 5000.0, 10.0)
        self.energy = ChoiceField(_ENERGY, "above" if settings.above_idle else "total")
        self.paid = PaidList(theme)
        self.exchange = QLineEdit(settings.exchange)
        self.exchange.setPlaceholderText("such as USD=0.92")
        self.cached = RealField(settings.cached_percent, 0.0, 100.0, step=5.0)
        self.batched = RealField(settings.batched_per_s, 0.0, 1e6, step=0.5)
        self.batched.setSpecialValueText("as measured")
        self.api = QLineEdit(settings.api_price)
        self.api.setPlaceholderText("such as 3/15")
        self.with_hardware = QCheckBox("Count buying the machine", self)
        self.hardware = RealField(settings.hardware_price, 0.0, 1e9, step=100.0)
        self.years = RealField(settings.hardware_years, 0.1, 50.0, step=0.5)
        self.resale = RealField(settings.hardware_resale, 0.0, 1e9, step=100.0)
        self.embodied = RealField(settings.hardware_embodied_kg, 0.0, 1e6, step=50.0)
        self.machines = NumberField(settings.machines, 1, 1_000_000)
        self.hours = RealField(settings.hours_per_day, 0.1, 24.0, step=1.0)
        self.days = NumberField(settings.days_per_year, 1, 366)
        same = "session's"
        self.prompt_tokens = NumberField(None, 1, 10_000_000, nothing=same, step=50)
        self.output_tokens = NumberField(None, 1, 10_000_000, nothing=same, step=50)
        self.growth = RealField(settings.growth_percent, -99.0, 1000.0, step=5.0)
        self._rows = form(theme)
        self._lay_out(theme)
        self._show_hardware()
        self._listen()

    def offer_countries(self, names: Mapping[str, str]) -> None:
        self._offer(self.country, {"": _SYSTEM, **names}, self._settings.country)

    def offer_paid(self, models: Sequence[PaidModel]) -> None:
        self.paid.offer(models, self._settings.paid)

    def offer_contenders(self, names: Sequence[str]) -> None:
        """Those to compare with; a choice that is gone gives way to the dearest."""
        chosen = self._settings.compare_with
        self._offer(
            self.compare,
            {"": _DEAREST} | {each: each for each in names},
            chosen if chosen in names else "",
        )

    def show_averages(
        self, price: Range, grid_g_per_kwh: Range, country: str, origins: Mapping[str, str]
    ) -> None:
        """Show what was assumed where nothing was typed, and where it is from."""
        if not self._settings.country:
            self.country.setItemText(0, f"{country} (system)" if country else _SYSTEM)
        for field, ends, value, origin in (
            (self.price, self.price_range, price, origins.get("electricity_price", "")),
            (self.grid, self.grid_range, grid_g_per_kwh, origins.get("grid_g_per_kwh", "")),
        ):
            field.blockSignals(True)
            field.set_number(value.likely)
            field.blockSignals(False)
            ends.show_ends(value.low, value.high)
            field.setToolTip(f"{origin[:1].upper()}{origin[1:]}. Type the figure of your contract.")

    # -------------------------------------------------------------------------------------------

    def _lay_out(self, theme: Theme) -> None:
        rows = self._rows
        add_row(rows, "Requests a day", self.requests, "How often the model is asked in a day.")
        add_row(rows, "Compare with", self.compare, "What the others are to save against.")
        add_row(
            rows,
            "API price",
            self.api,
            "Per million tokens: prompt/output or prompt/cached/output.",
        )
        add_row(rows, "Paid models", self.paid, "Their prices stand beside those of the session.")
        add_row(rows, "Currency", self.currency, "Of all prices here.")
        add_row(rows, "Country", self.country, "Whose averages of price and grid are filled in.")
        add_row(
            rows, "Price of a kWh", self.price, "What your contract says is better than an average."
        )
        add_row(
            rows, "… from, to", self.price_range, "What it may be at the least and at the most."
        )
        add_row(rows, "CO2e of a kWh, g", self.grid, "The carbon intensity of the grid.")
        add_row(rows, "… from, to", self.grid_range, "What it may be at the least and at the most.")
        self.with_hardware.setAccessibleName("Count buying the machine")
        self.with_hardware.setToolTip(
            "Adds the machine's price, spread over its life, to each request."
        )
        rows.addRow(self.with_hardware)
        add_row(rows, "Its price", self.hardware, "What the machine costs.")
        add_row(rows, "Years of use", self.years, "How long it is used.")
        add_row(rows, "Sold for", self.resale, "What it brings after those years.")
        add_row(
            rows,
            "CO2e of making it, kg",
            self.embodied,
            "As its maker tells; spread over its life like its price. 0 leaves it out.",
        )
        self._lay_out_more(theme, rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(rows)

    def _lay_out_more(self, theme: Theme, rows: QFormLayout) -> None:
        more = FoldedRows(theme, rows, "More", "more assumptions")
        more.add(
            "Energy", self.energy, "Of a machine that does only this, or of one that is on anyway."
        )
        more.add(
            "Exchange rates", self.exchange, "What one unit of other money is worth in this one."
        )
        more.add("Cached, %", self.cached, "The part of a prompt that has the cached price.")
        more.add(
            "Batch rate, 1/s",
            self.batched,
            "How many requests a second one machine answers many at once, as a suite tells.",
        )
        more.add("Machines", self.machines, "How many such machines there are.")
        more.add("Hours a day", self.hours, "In which the requests come.")
        more.add("Days a year", self.days, "On which requests come.")
        more.add(
            "Prompt, tokens",
            self.prompt_tokens,
            "A typical prompt of yours; at first as in the session.",
        )
        more.add(
            "Reply, tokens",
            self.output_tokens,
            "A typical reply of yours; at first as in the session.",
        )
        more.add("Growth a year, %", self.growth, "Shows the second and the third year, too.")
        more.fold()

    def _listen(self) -> None:
        for number in (
            self.requests,
            self.hardware,
            self.years,
            self.resale,
            self.embodied,
            self.cached,
            self.batched,
            self.machines,
            self.hours,
            self.days,
            self.prompt_tokens,
            self.output_tokens,
            self.growth,
        ):
            number.valueChanged.connect(self._edit)
        for choice in (self.compare, self.currency, self.energy):
            choice.currentIndexChanged.connect(self._edit)
        self.api.textChanged.connect(self._edit)
        self.exchange.textChanged.connect(self._edit)
        self.paid.ticked.connect(self._edit)
        self.paid.edit_wanted.connect(self.prices_wanted)
        self.with_hardware.toggled.connect(self._edit)
        self.country.currentIndexChanged.connect(self._choose_country)
        for name, field, ends in (
            ("price", self.price, self.price_range),
            ("grid", self.grid, self.grid_range),
        ):
            field.valueChanged.connect(partial(self._type_end, name, "likely"))
            ends.low_edited.connect(partial(self._type_end, name, "low"))
            ends.high_edited.connect(partial(self._type_end, name, "high"))

    def _edit(self, _value: object = None) -> None:
        before = self._settings
        self._take(
            msgspec.structs.replace(
                before,
                requests_per_day=_whole(self.requests, before.requests_per_day),
                currency=self.currency.choice,
                include_hardware=self.with_hardware.isChecked(),
                hardware_price=self.hardware.number,
                hardware_years=self.years.number,
                hardware_resale=self.resale.number,
                hardware_embodied_kg=self.embodied.number,
                above_idle=self.energy.choice == "above",
                exchange=self.exchange.text(),
                paid=self.paid.names if self.paid.boxes else before.paid,
                cached_percent=self.cached.number,
                batched_per_s=self.batched.number,
                compare_with=self.compare.choice,
                api_price=self.api.text(),
                hours_per_day=self.hours.number,
                days_per_year=_whole(self.days, before.days_per_year),
                machines=_whole(self.machines, before.machines),
                prompt_tokens=self.prompt_tokens.number,
                output_tokens=self.output_tokens.number,
                growth_percent=self.growth.number,
            )
        )

    def _choose_country(self, _place: int) -> None:
        self._take(self._settings.with_country(self.country.choice))

    def _type_end(self, name: str, end: str, value: float) -> None:
        ends = msgspec.structs.replace(getattr(self._settings, name), **{end: value})
        self._take(msgspec.structs.replace(self._settings, **{name: ends}))

    def _take(self, settings: CostSettings) -> None:
        self._settings = settings
        self._show_hardware()
        self.edited.emit(settings)

    def _show_hardware(self) -> None:
        for field in (self.hardware, self.years, self.resale, self.embodied):
            self._rows.setRowVisible(field, self._settings.include_hardware)

    def _offer(self, field: QComboBox, words: Mapping[str, str], chosen: str) -> None:
        field.blockSignals(True)
        field.clear()
        for key, text in words.items():
            field.addItem(text, key)
        field.setCurrentIndex(field.findData(chosen))
        field.blockSignals(False)


def _whole(field: NumberField, before: int) -> int:
    return before if field.number is None else field.number
