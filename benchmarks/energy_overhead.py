"""What measuring energy costs: processor time of the sampling, and speed of a generation beside it.

Sampled are two processors with their memory, a discrete GPU and a battery, as files in the kernel's
format, and a GPU library that takes two milliseconds an answer. The generation is a bare llama_decode
loop in a process of its own (bare_decode.py), with and without a meter in turn; the figure is the median
of the ratios of neighbouring runs. Asked for: below 0.5 % of one core, and a ratio of 0.99 or more.

    python benchmarks/energy_overhead.py [--seconds 20] [--rounds 9] [--threads 2] [--model FILE]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.energy.load import SystemTimes  # noqa: E402
from engine.energy.meter import SensorMeter  # noqa: E402
from engine.energy.sampler import Sampler  # noqa: E402
from engine.energy.sources import find_sensors  # noqa: E402
from engine.energy.zones import Zone  # noqa: E402
from models.demo import demo_model_path  # noqa: E402

N_CTX, N_PROMPT, N_GENERATED = 1024, 64, 128
LIBRARY_S = 0.002


class SlowLibrary:
    """A GPU whose driver takes its time, waiting and not computing, as NVML's calls do."""

    zones = (
        Zone(
            key="gpu",
            name="GPU 0",
            source="benchmark",
            covers="gpu",
            kind="counter",
            label="measured",
            step_s=0.1,
        ),
    )

    def read(self) -> dict[str, float]:
        time.sleep(LIBRARY_S)
        return {"gpu": time.monotonic() * 200}

    def close(self) -> None:
        pass


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True)
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n", encoding="ascii")


def simulated_machine(root: Path) -> None:
    powercap = root / "sys/class/powercap"
    for socket in range(2):
        zones = ((f"intel-rapl:{socket}", f"package-{socket}"), (f"intel-rapl:{socket}:0", "dram"))
        for place, (folder, name) in enumerate(zones):
            write(
                powercap / folder,
                name=name,
                energy_uj=10**9 * (1 + socket + 3 * place),
                max_energy_range_uj=262_143_328_850,
            )
    write(
        root / "sys/class/drm/card1/device/hwmon/hwmon2", name="amdgpu", power1_average=90_000_000
    )
    write(
        root / "sys/class/power_supply/BAT0",
        type="Battery",
        status="Discharging",
        power_now=15_000_000,
    )


def meter_over(root: Path) -> SensorMeter:
    sensors = find_sensors(root)
    return SensorMeter(
        sensors, Sampler([*sensors.readers, SlowLibrary()]), SystemTimes(), root=root
    )


def sampling_percent(root: Path, seconds: float) -> float:
    """Processor time of this process while it does nothing but sample, in percent of one core."""
    meter = meter_over(root)
    meter.start()
    time.sleep(1.0)
    begun_s, busy_s = time.monotonic(), time.process_time()
    time.sleep(seconds)
    percent = 100 * (time.process_time() - busy_s) / (time.monotonic() - begun_s)
    meter.close()
    return percent


def mark_milliseconds(root: Path) -> float:
    """What a mark takes, at the start and the end of every reply."""
    meter = meter_over(root)
    pid = os.getpid()
    times = []
    for _ in range(200):
        begun_s = time.perf_counter()
        meter.mark(pid)
        times.append(time.perf_counter() - begun_s)
    meter.close()
    return 1000 * statistics.median(times)


def speed_ratio(root: Path, model: Path, threads: int, rounds: int) -> float:
    """Tokens per second with a meter running, over those without, round by round."""
    process = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("bare_decode.py")),
            str(model),
            str(threads),
            str(N_CTX),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()

    def seconds() -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"generate {N_PROMPT} {N_GENERATED}\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    seconds()
    ratios = []
    for _ in range(rounds):
        without_s = seconds()
        meter = meter_over(root)
        meter.start()
        with_s = seconds()
        meter.close()
        ratios.append((without_s + seconds()) / 2 / with_s)
    process.communicate()
    return statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        simulated_machine(root)
        print(f"sampling: {sampling_percent(root, asked.seconds):.2f} % of one core (asked: < 0.5)")
        print(
            f"a mark: {mark_milliseconds(root):.1f} ms, {1000 * LIBRARY_S:.0f} of them the library"
        )
        ratio = speed_ratio(root, asked.model or demo_model_path(), asked.threads, asked.rounds)
        print(f"generation with / without a meter: {ratio:.3f} (asked: >= 0.99)")


if __name__ == "__main__":
    main()
