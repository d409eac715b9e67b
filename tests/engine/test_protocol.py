from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from engine import protocol
from engine.contract import (
    Case,
    DeviceInfo,
    DeviceUse,
    Gbnf,
    JsonSchema,
    Likelihood,
    Lora,
    Memory,
    Message,
    ResolvedRuntime,
    Runtime,
    Sampling,
    SpeedTest,
    TokenLogprob,
    WorstToken,
)
from engine.importance import ImportanceEntry, ImportanceMatrix

CASE = Case(id="1", messages=(Message(role="user", content="Hi."),), format="completion")
RUNTIME = Runtime(
    n_ctx=100, loras=(Lora(path="/a"),), tensor_split=(0.5, 0.5), template_arguments={"a": True}
)
RESOLVED = ResolvedRuntime(
    n_ctx=1,
    n_batch=1,
    n_ubatch=1,
    threads=1,
    threads_batch=1,
    layers=1,
    offloaded_layers=0,
    devices=(DeviceUse(name="CPU"),),
    type_k="f16",
    type_v="f16",
    flash_attention=None,
    mmap=True,
    mlock=False,
    llama_cpp="x",
    chat_template="none",
    absent={"flash_attention": "not said"},
)
SCHEMA = Sampling(constraint=JsonSchema(schema="{}"), logit_bias={3: -1.0}, stop=("a", "b"))
TOKEN = TokenLogprob(
    token=1, text="a", logprob=-0.5, top=(TokenLogprob(token=2, text="b", logprob=-1.0),)
)
IMPORTANCE = ImportanceMatrix(
    path="/i",
    recorded_as="i",
    dataset=None,
    chunks=2,
    entries=(ImportanceEntry(name="w", offset=3, values=4, divisors=(0, 5)),),
)
MESSAGES: tuple[Any, ...] = (
    protocol.Load(id=1, path="/m", runtime=RUNTIME, n_gpu_layers=-1),
    protocol.Generate(id=2, case=CASE, sampling=SCHEMA),
    protocol.Generate(id=2, case=CASE, sampling=Sampling(constraint=Gbnf(grammar="root ::= x"))),
    protocol.GenerateMany(id=2, cases=(CASE,), sampling=SCHEMA, n_sequences=4),
    protocol.PrepareMany(id=3, cases=(CASE,), max_tokens=9, n_most=8, kv_bytes=1),
    protocol.CaseGenerated(
        id=1,
        index=0,
        text="a",
        reasoning="b",
        finish_reason="stop",
        prompt_tokens=3,
        shared_tokens=1,
        generated_tokens=2,
        logprobs=(TOKEN,),
        likelihoods=(Likelihood(log_likelihood=-3.5, tokens=2),),
    ),
    protocol.SequencesChosen(id=3, n_sequences=4, n_ctx=256, tokens_per_s={1: 10.0, 4: 20.0}),
    protocol.Measure(id=3, test=SpeedTest(n_gen=128, n_depth=512), repetitions=5),
    protocol.ScoreText(
        id=3,
        reference=protocol.Load(id=0, path="/m", runtime=RUNTIME, n_gpu_layers=0),
        candidates=(protocol.Load(id=0, path="/n", runtime=RUNTIME, n_gpu_layers=0),),
        text="x",
        n_ctx=512,
    ),
    protocol.ScoreReplies(
        id=3,
        reference=protocol.Load(id=0, path="/m", runtime=RUNTIME, n_gpu_layers=0),
        candidates=(protocol.Load(id=0, path="/n", runtime=RUNTIME, n_gpu_layers=0),),
        conversations=(protocol.Conversation(case=CASE, reply="x"),),
    ),
    protocol.RepliesTokenized(
        id=3, tokens={0: 5, 2: 7}, longest=40, left_out={1: "Too long."}, same_tokens=(True,)
    ),
    protocol.ReplyCompared(
        id=3,
        candidate=0,
        conversation=2,
        nll=b"1",
        nll_base=b"2",
        kld=b"3",
        delta_p=b"4",
        same_top=b"5",
        worst=WorstToken(
            token=1, text="a", instead="b", probability=0.5, candidate_probability=0.25, kld=0.1
        ),
    ),
    protocol.PartReply(
        id=3,
        reference=protocol.Load(id=0, path="/m", runtime=RUNTIME, n_gpu_layers=0),
        candidate=protocol.Load(id=0, path="/n", runtime=RUNTIME, n_gpu_layers=0),
        case=CASE,
        reply="x",
    ),
    protocol.Parting(
        id=3,
        tokens=(
            protocol.PartedToken(
                token=1,
                text="a",
                probability=0.5,
                candidate_probability=0.25,
                rank=2,
                kld=0.1,
                top=(protocol.TokenChance(token=1, text="a", probability=0.5),),
                candidate_top=(protocol.TokenChance(token=2, text="b", probability=0.5),),
                piece=b"\xf0\x9f",
            ),
        ),
    ),
    protocol.TextTokenized(id=1, chunks=(3, 3), same_tokens=(True,)),
    protocol.ChunkCompared(
        id=1, candidate=0, chunk=0, nll=b"1", nll_base=b"2", kld=b"3", delta_p=b"4", same_top=b"5"
    ),
    protocol.ChunkScored(id=1, candidate=-1, chunk=0, nll=b"1", n_bytes=b"2"),
    protocol.ListDevices(id=4, rpc_servers=("127.0.0.1:1",)),
    protocol.Quantize(id=5, source="/a", target="/b", file_type=15),
    protocol.Quantize(id=5, source="/a", target="/b", file_type=15, importance=IMPORTANCE),
    protocol.CollectImportance(
        id=5,
        model=protocol.Load(id=0, path="/m", runtime=RUNTIME, n_gpu_layers=0),
        text="x",
        dataset="x.txt",
        target="/b",
        max_chunks=3,
    ),
    protocol.Stop(id=6),
    protocol.Ready(version=1, pid=2),
    protocol.Progress(id=1, fraction=0.5),
    protocol.WarmingUpNow(id=1),
    protocol.ModelLoaded(
        id=1, load_s=0.1, cached_fraction=None, runtime=RESOLVED, memory=Memory(peak_bytes=1)
    ),
    protocol.Text(id=1, text="ü", channel="reasoning", generated_tokens=3),
    protocol.Generated(
        id=1,
        finish_reason="stop",
        prompt_tokens=3,
        prompt_s=None,
        token_times_s=(0.1, 0.2),
        total_s=0.3,
        memory=Memory(),
        logprobs=(TOKEN,),
    ),
    protocol.ContextMade(id=1, runtime=RESOLVED),
    protocol.Sample(id=1, tokens=2, elapsed_ns=3),
    protocol.DeviceList(
        id=1,
        devices=(DeviceInfo(name="CPU", description="d", kind="cpu", backend="CPU"),),
        llama_cpp="x",
        system_info="y",
    ),
    protocol.Done(id=1),
    protocol.Refused(id=1, kind="context", sentence="Too long."),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_comes_back_as_it_was(message: Any) -> None:
    union = protocol.Request if type(message) in get_args(protocol.Request) else protocol.Response
    raw = msgspec.msgpack.encode(message)
    assert msgspec.msgpack.decode(raw, type=union) == message


def test_every_message_of_the_protocol_is_tried_here() -> None:
    all_types = {*get_args(protocol.Request), *get_args(protocol.Response)}
    assert {type(message) for message in MESSAGES} == all_types
