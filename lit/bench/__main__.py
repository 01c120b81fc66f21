"""How fast the model draws here, whole and in parts, and what linear attention saves as pictures grow.

On a processor with more than AVX2 all of it is measured once more without: in a process that is told to use AVX2 alone,
as most laptops have it.
"""

import argparse
import os
import platform
import subprocess
import sys

from lit.errors import LiTError

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


def main():
    parser = argparse.ArgumentParser(prog="python -m lit.bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="of every measurement, of which the median counts")
    parser.add_argument("--avx2", action=argparse.BooleanOptionalAction, help="AVX2 alone; without, both where it can")
    parser.add_argument("--runtime", default="torch", help="torch, or openvino for the stickers")
    args = parser.parse_args()
    if args.avx2 and not restricted():
        sys.exit(subprocess.run([sys.executable, "-m", "lit.bench", *sys.argv[1:]], env=os.environ | AVX2).returncode)
    try:
        measure(args.repeats, args.runtime)
    except LiTError as error:
        sys.exit(f"python -m lit.bench: {error}")
    if args.avx2 is None and more_than_avx2():
        print(flush=True)
        command = [
            sys.executable,
            "-m",
            "lit.bench",
            "--avx2",
            f"--repeats={args.repeats}",
            f"--runtime={args.runtime}",
        ]
        sys.exit(subprocess.run(command, env=os.environ | AVX2).returncode)


def restricted() -> bool:
    """Whether this process was told to use AVX2 alone."""
    return all(os.environ.get(name) == value for name, value in AVX2.items())


def more_than_avx2() -> bool:
    """Whether torch uses more of this processor."""
    import torch

    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def measure(repeats: int, runtime: str):
    """Print all tables."""
    from lit.bench import attention, drawing, start
    from lit.pipeline import LiTPipeline

    pipe = LiTPipeline.from_pretrained(runtime=runtime)
    pipe.set_progress_bar_config(disable=True)
    print(machine(pipe.transformer.device, pipe.transformer.dtype), flush=True)
    print(f"\nA sticker of 256 px, warm, median of {repeats}:\n\n{drawing.drawings(pipe, repeats=repeats)}", flush=True)
    print(f"\n{drawing.parts(pipe, repeats=repeats)}", flush=True)
    marks = ", ".join(f"{name} {value:.2f}" for name, value in start.cold(min(repeats, 3)).items())
    print(f"\nA new process, seconds from its start: {marks}\n", flush=True)
    for line in attention.twins(pipe.transformer, repeats=(repeats + 1) // 2):
        print(line, flush=True)


def machine(device, dtype) -> str:
    """What it was measured on."""
    import torch

    threads, instructions = torch.get_num_threads(), torch.backends.cpu.get_cpu_capability()
    return f"{_processor()}, {threads} threads, {instructions}; {device}, {dtype}; torch {torch.__version__}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
