"""Reading GGUF files: their headers, of one file or of all parts of a split one."""

from models.gguf.files import GgufModel, read_model
from models.gguf.header import Header, Omitted, Tensor, Value, read_header
from models.gguf.source import FileSource, Source

__all__ = [
    "FileSource",
    "GgufModel",
    "Header",
    "Omitted",
    "Source",
    "Tensor",
    "Value",
    "read_header",
    "read_model",
]
