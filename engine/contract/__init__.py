"""What flows through Steelyard: a plan goes in, events come out, a session stays.

The same Structs are what the window and the command line read, what the worker protocol carries and what
an exported session holds, so each thing is defined once. Units stand in the names. A value that could not
be had is None, and `absent` of the same Struct gives the reason under that field's name.
"""

from __future__ import annotations

from engine.contract.energy import (
    Energy,
    EnergyConditions,
    EnergyLabel,
    EnergyPart,
    EstimateBasis,
    PowerSource,
)
from engine.contract.events import (
    Began,
    Event,
    Failed,
    Finished,
    Loaded,
    Loading,
    Notice,
    NotRecorded,
    Piece,
    Replied,
    Started,
    Unloaded,
    WarmingUp,
)
from engine.contract.machine import (
    DeviceInfo,
    Environment,
)
from engine.contract.plan import (
    CacheType,
    Case,
    Contender,
    Gbnf,
    JsonSchema,
    Lora,
    Message,
    ModelFile,
    Plan,
    Role,
    Runtime,
    Sampling,
    Switch,
)
from engine.contract.reply import (
    DeviceUse,
    FinishReason,
    Likelihood,
    Memory,
    Reply,
    ResolvedRuntime,
    Timing,
    TokenLogprob,
)
from engine.contract.session import (
    SESSION_FORMAT,
    SESSION_VERSION,
    Recorder,
    Session,
    SessionKind,
    SessionStatus,
)

__all__ = [
    "SESSION_FORMAT",
    "SESSION_VERSION",
    "Began",
    "CacheType",
    "Case",
    "Contender",
    "DeviceInfo",
    "DeviceUse",
    "Energy",
    "EnergyConditions",
    "EnergyLabel",
    "EnergyPart",
    "Environment",
    "EstimateBasis",
    "Event",
    "Failed",
    "FinishReason",
    "Finished",
    "Gbnf",
    "JsonSchema",
    "Likelihood",
    "Loaded",
    "Loading",
    "Lora",
    "Memory",
    "Message",
    "ModelFile",
    "NotRecorded",
    "Notice",
    "Piece",
    "Plan",
    "PowerSource",
    "Recorder",
    "Replied",
    "Reply",
    "ResolvedRuntime",
    "Role",
    "Runtime",
    "Sampling",
    "Session",
    "SessionKind",
    "SessionStatus",
    "Started",
    "Switch",
    "Timing",
    "TokenLogprob",
    "Unloaded",
    "WarmingUp",
]
