"""The world's faults, worded for the user: what failed, on which file, what to do.

SteelyardError
├── PlanError            the plan cannot be run as it stands
├── ModelFileError       a model file cannot be used
│   ├── MissingFile      it is not there
│   ├── UnreadableFile   the system does not let us read it
│   ├── NotGguf          it is some other kind of file
│   ├── TruncatedFile    it ends before its header says it does
│   ├── CorruptFile      its header contradicts itself
│   └── UnsupportedModel llama.cpp does not know its architecture or version
├── LoadError            llama.cpp refused to load a readable model
│   └── NotEnoughMemory  it would need more memory than there is
├── RequestError         the model is loaded, this request cannot be answered
│   ├── ContextExceeded  the prompt is longer than the context
│   ├── TemplateError    the chat template fails, or does not allow these messages
│   └── GrammarError     the grammar or JSON schema cannot be used
├── WorkerError          the worker process failed
│   ├── WorkerDied       it ended by itself (crash, abort, killed)
│   └── ProtocolError    it said something that the protocol does not allow
├── DeviceError          a device or RPC server cannot be reached
├── QuantizeError        a quantization could not be made
├── SuiteError           a file of cases cannot be used
├── AssumptionError      a figure given for energy or cost cannot be used
└── StorageError         the history cannot be read or written
    ├── Misnamed         there is no session, file or format of the name that was given
    └── DamagedHistory   its file is damaged; what can be read of it can be salvaged

Our own mistakes stay plain exceptions and reach the crash handler.
"""

from __future__ import annotations


class SteelyardError(Exception):
    """A fault of the world, not of the program; its text is shown to the user as it is."""


class PlanError(SteelyardError):
    pass


class ModelFileError(SteelyardError):
    pass


class MissingFile(ModelFileError):
    pass


class UnreadableFile(ModelFileError):
    pass


class NotGguf(ModelFileError):
    pass


class TruncatedFile(ModelFileError):
    pass


class CorruptFile(ModelFileError):
    pass


class UnsupportedModel(ModelFileError):
    pass


class LoadError(SteelyardError):
    pass


class NotEnoughMemory(LoadError):
    pass


class RequestError(SteelyardError):
    pass


class ContextExceeded(RequestError):
    pass


class TemplateError(RequestError):
    pass


class GrammarError(RequestError):
    pass


class WorkerError(SteelyardError):
    pass


class WorkerDied(WorkerError):
    """The worker process ended by itself; `log` holds its last lines."""

    def __init__(self, sentence: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.log = log


class ProtocolError(WorkerError):
    pass


class DeviceError(SteelyardError):
    pass


class QuantizeError(SteelyardError):
    pass


class AssumptionError(SteelyardError):
    pass


class SuiteError(SteelyardError):
    """`faults` holds one sentence per fault of the file, with its line and field."""

    def __init__(self, sentence: str, faults: tuple[str, ...] = ()) -> None:
        """sentence: what cannot be used; the faults follow it."""
        self._sentence = sentence
        self.faults = faults
        super().__init__(self.told(1))

    def told(self, most: int | None = None) -> str:
        """The sentence and at most so many of the faults: a single one behind it, several on lines of
        their own."""
        shown, others = self.faults[:most], len(self.faults[most:]) if most else 0
        more = (f"And {others} more.",) if others else ()
        between = "\n" if len(shown) > 1 else " "
        return between.join((self._sentence, *shown, *more))


class StorageError(SteelyardError):
    pass


class Misnamed(StorageError):
    pass


class DamagedHistory(StorageError):
    pass
