"""What the window's process and a worker say to each other, one msgpack frame a message.

The conversation
1. The worker says Ready with its protocol version as soon as it can listen; llama.cpp is not loaded yet.
2. Load → Progress …, WarmingUp, then ModelLoaded. Generate → Text …, then Generated. PrepareMany →
   SequencesChosen. GenerateMany → CaseGenerated …, then Done. Measure → ContextMade, Sample …, then Done.
   ScoreText → Progress …, TextTokenized, ChunkScored and ChunkCompared …, then Done.
   ScoreReplies → Progress …, RepliesTokenized, ReplyCompared and ChunkScored …, then Done.
   PartReply → Progress …, Parting. ListDevices → DeviceList. Quantize → Progress …, Done.
   CollectImportance → Progress …, Done.
3. Any request may end in Refused instead: the request failed, the worker stays usable.
4. Stop takes effect at once, whatever is running: a load ends in Refused(kind="stopped"), a generation
   in Generated(finish_reason="stopped") with what there is.
5. The end of the worker's input means: leave at once. Messages with a number answer the request that
   carried it.
"""

from __future__ import annotations

from engine.protocol.requests import (
    CollectImportance,
    Conversation,
    Generate,
    GenerateMany,
    ListDevices,
    Load,
    Measure,
    PartReply,
    PrepareMany,
    Quantize,
    Request,
    ScoreReplies,
    ScoreText,
    Stop,
)
from engine.protocol.responses import (
    REFERENCE,
    CaseGenerated,
    ChunkCompared,
    ChunkScored,
    ContextMade,
    DeviceList,
    Done,
    Generated,
    ModelLoaded,
    PartedToken,
    Parting,
    Progress,
    Ready,
    RefusalKind,
    Refused,
    RepliesTokenized,
    ReplyCompared,
    Response,
    Sample,
    SequencesChosen,
    Text,
    TextTokenized,
    TokenChance,
    WarmingUpNow,
)

PROTOCOL_VERSION = 1

__all__ = [
    "PROTOCOL_VERSION",
    "REFERENCE",
    "CaseGenerated",
    "ChunkCompared",
    "ChunkScored",
    "CollectImportance",
    "ContextMade",
    "Conversation",
    "DeviceList",
    "Done",
    "Generate",
    "GenerateMany",
    "Generated",
    "ListDevices",
    "Load",
    "Measure",
    "ModelLoaded",
    "PartReply",
    "PartedToken",
    "Parting",
    "PrepareMany",
    "Progress",
    "Quantize",
    "Ready",
    "RefusalKind",
    "Refused",
    "RepliesTokenized",
    "ReplyCompared",
    "Request",
    "Response",
    "Sample",
    "ScoreReplies",
    "ScoreText",
    "SequencesChosen",
    "Stop",
    "Text",
    "TextTokenized",
    "TokenChance",
    "WarmingUpNow",
]
