#!/usr/bin/env python3
"""rushlight beside a peer: the same program text on both, in one run, in alternating rounds, with equal threads.

compare.py [NAME ...]    NAME: a group (calls, train, functions, matmul, elements, reductions ..., import), a part of a
row's name, or a shape; default: all

Results are compared before they are timed. ratio: the peer's time by ours, so above 1 rushlight is faster.
spread: half the distance between the quartiles of the rounds' ratios, in per cent of their median.
"""

import os

# They choose OpenBLAS's kernels for another machine; NumPy and the peer shall run as their users run them.
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)

import argparse
import gc
import importlib
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rows import ROWS

HERE = Path(__file__).resolve().parent


class Program:
    """One row's text bound to one module."""

    def __init__(self, module, setup, text):
        self.names = {"torch": module, "array": Arrays(module)}
        exec(compile(setup, "<setup>", "exec"), self.names)
        body = "".join(f"\n        {line}" for line in text.strip().splitlines())
        # names as arguments of the loop's function: locals, as in a user's function
        names = [n for n in self.names if n.isidentifier() and not n.startswith("__")]
        source = f"def loop(times, {', '.join(names)}):\n    for _ in times:{body}\n"
        scope = {}
        exec(compile(source, "<program>", "exec"), scope)
        self.loop = lambda count: scope["loop"](range(count), **{n: self.names[n] for n in names})
        self.count = 1

    def seconds(self, clock):
        """One round, the time of one repetition."""
        begun = clock()
        self.loop(self.count)
        return (clock() - begun) / self.count

    def calibrate(self, clock, lasts):
        self.loop(1)  # warm-up: first use of kernels, memory, threads
        while (took := self.seconds(clock) * self.count) < lasts and self.count < 1 << 20:
            self.count = max(2 * self.count, min(int(self.count * lasts / max(took, 1e-9)), 100 * self.count))


class Arrays:
    """The same numbers for every module: the n-th call gives the n-th array."""

    def __init__(self, module):
        import numpy

        self.module, self.generator = module, numpy.random.default_rng(0)

    def __call__(self, *shape):
        return self.module.from_numpy(self.generator.standard_normal(shape, dtype="float32"))


def result_of(module, row):
    names = {"torch": module, "array": Arrays(module)}
    exec(compile(row.setup, "<setup>", "exec"), names)
    exec(compile(row.program, "<program>", "exec"), names)
    return plain(eval(row.result, names))


def plain(value):
    """As NumPy holds it: a tensor, several, or whatever else a program gives."""
    import numpy

    if hasattr(value, "detach"):
        value = value.detach()
        return (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    if isinstance(value, (tuple, list)):
        return numpy.array([plain(each) for each in value])
    return numpy.asarray(value if isinstance(value, (bool, int, float)) else str(value))


def check(row, ours, peer):
    """None, or what disagrees."""
    import numpy

    mine, theirs = result_of(ours, row), result_of(peer, row)
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return f"{mine.dtype}{list(mine.shape)}, the peer has {theirs.dtype}{list(theirs.shape)}"
    if mine.dtype.kind not in "fc":
        return None if (mine == theirs).all() else f"{(mine != theirs).sum()} results differ"
    differ = (mine != theirs) & ((mine == mine) | (theirs == theirs))  # a NaN agrees with a NaN
    with numpy.errstate(invalid="ignore"):  # infinities that agree have no difference
        apart = float(numpy.max(numpy.abs(mine - theirs), initial=0, where=differ))
    bound = row.tolerance * float(numpy.max(numpy.abs(theirs), initial=1e-30))
    return None if apart <= bound else f"results are {apart:.2g} apart, more than {bound:.2g}"


def measure(row, ours, peer, threads, rounds, lasts):
    """Seconds a repetition of every round: ours, and the peer's or None."""
    programs = [Program(ours, row.setup, row.program)]
    if row.versus:
        programs.append(Program(ours, row.setup, row.versus))
    elif peer:
        programs.append(Program(peer, row.setup, row.program))
    for module in (ours, peer):
        if module:
            module.set_num_threads(threads)
    # one thread's own time does not grow while another program has the core
    clock = time.thread_time if threads == 1 else time.perf_counter
    for program in programs:
        program.calibrate(clock, lasts)
    taken = [[] for _ in programs]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for program, seconds in zip(programs, taken, strict=True):
                if threads > 1:
                    time.sleep(0.01)  # the other's idle threads spin for a while; let them go to sleep
                    program.loop(1)
                seconds.append(program.seconds(clock))
    finally:
        gc.enable()
    return taken if len(taken) == 2 else (taken[0], None)


def readable(seconds):
    for unit, factor in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}" if seconds * factor < 100 else f"{seconds * factor:.0f} {unit}"
    return f"{seconds:.2f} s"


def line(record):
    peer, ratio, spread = record.get("peer"), record.get("ratio"), record.get("spread")
    return (
        f"{record['op']:<37} {record['shape']:<18} {record['dtype']:<8} {record['threads']:>7}  "
        f"{readable(record['ours']):>9} {readable(peer) if peer else '-':>9} "
        f"{f'{ratio:.2f}x' if ratio else '-':>8}  {f'+-{spread:.0f} %' if ratio else ''}"
    ).rstrip()


def record_of(op, shape, dtype, threads, ours, peer, pick=statistics.median):
    record = {"op": op, "shape": shape, "dtype": dtype, "threads": threads, "ours": pick(ours)}
    if peer:
        ratios = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
        quarters = statistics.quantiles(ratios, n=4)
        record |= {"peer": pick(peer), "ratio": pick(peer) / pick(ours)}
        record["spread"] = 50 * (quarters[2] - quarters[0]) / statistics.median(ratios)
    return record


def import_time(module, rounds):
    """What `import module` takes in fresh interpreters, without the interpreter's own start."""
    program = f"import time; t = time.perf_counter(); import {module}; t = time.perf_counter() - t; import sys\n"
    program += "print(t, 'numpy' in sys.modules)"
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
            for _ in range(rounds + 1)][1:]  # fmt: skip
    return [float(seconds) for seconds, _ in runs], runs[0][1] == "True"


def imports(rounds):
    """The row of the import against NumPy's (the minimum of all rounds), and the size of the wheel."""
    ours, brings_numpy = import_time("rushlight", rounds)
    numpys, _ = import_time("numpy", rounds)
    record = record_of("import : import numpy", "", "", 1, ours, numpys, pick=min)
    print(line(record) + (" (brings NumPy in!)" if brings_numpy else ""))
    wheels = sorted((HERE.parent / "build/wheels").glob("rushlight-*.whl"), key=lambda path: path.stat().st_mtime)
    print(f"wheel: {wheels[-1].stat().st_size / 1e6:.2f} MB" if wheels else "wheel: none built; `make wheel` makes one")
    return record


def processor():
    try:
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                return text.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def machine(ours, peer):
    try:
        isa = ours.__config__.isa()
    except AttributeError:
        isa = "?"
    return {
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "isa": isa,
        "rushlight": getattr(ours, "__version__", "?"),
        "peer": f"{peer.__name__} {peer.__version__} {peer_set(peer)}".strip() if peer else None,
        "python": platform.python_version(),
    }


def peer_set(peer):
    """The instruction set that the peer runs with; ATEN_CPU_CAPABILITY=avx2 holds PyTorch to one."""
    try:
        return peer.backends.cpu.get_cpu_capability()
    except AttributeError:
        return ""


def summary(records):
    """How many rows are won, and the losses again, the worst first."""
    compared = sorted((r for r in records if "ratio" in r), key=lambda record: record["ratio"])
    lost = [record for record in compared if record["ratio"] < 1]
    if not compared:
        return
    middle = statistics.median(record["ratio"] for record in compared)
    print(f"# {len(compared)} rows, median {middle:.2f}x; {len(lost)} below 1, the worst first:")
    for record in lost:
        print(line(record))


def load_peer(name):
    try:
        return importlib.import_module(name) if name else None
    except ImportError as error:
        print(f"# {name} is not here ({error}): rushlight alone")
        return None


def parse():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--peer", default="torch", help="a module with PyTorch's names; '' for none")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", default="1,2" if cores > 1 else "1", help="a list, e.g. 1,2")
    parser.add_argument("--round-ms", type=float, default=30, help="a round repeats its program for about as long")
    parser.add_argument("--minimum", action="store_true", help="the quickest round of each, for a busy machine")
    parser.add_argument("--json", action="store_true", help="append to bench/results/<machine>.jsonl")
    return parser.parse_args()


def main():
    arguments = parse()
    threads = [int(n) for n in arguments.threads.split(",")]
    rounds = max(arguments.rounds, 2)
    pick = min if arguments.minimum else statistics.median
    rows = [
        r
        for r in ROWS
        if not arguments.names or any(n == r.group or n in r.name or n == r.shape for n in arguments.names)
    ]
    ours, peer = importlib.import_module("rushlight"), load_peer(arguments.peer)
    about = machine(ours, peer)
    print("# " + " ".join(["bench/compare.py", *sys.argv[1:]]))
    print("# " + ", ".join(f"{key} {value}" for key, value in about.items() if value))
    print(
        f"# {'minimum' if arguments.minimum else 'median'} of {rounds} alternating rounds; ratio: peer by ours, above 1 rushlight is faster"
    )
    print(f"{'op':<37} {'shape':<18} {'dtype':<8} {'threads':>7}  {'ours':>9} {'peer':>9} {'ratio':>8}  spread")

    records, wrong = [], 0
    for row in rows:
        for count in threads if row.threaded else threads[:1]:
            try:
                ours.set_num_threads(count)
                trouble = peer and check(row, ours, peer)
                if not trouble:
                    record = record_of(
                        row.name,
                        row.shape,
                        row.dtype,
                        count,
                        *measure(row, ours, peer, count, rounds, arguments.round_ms / 1000),
                        pick=pick,
                    )
                    records.append(record)
                    print(line(record), flush=True)
            except Exception as error:  # a row that fails must not hide the others
                trouble = f"{type(error).__name__}: {error}"
            if trouble:
                wrong += 1
                print(f"{row.name:<37} {row.shape:<18} {row.dtype:<8} {count:>7}  not timed: {trouble}", flush=True)
    if not arguments.names or "import" in arguments.names:
        records.append(imports(rounds))
    summary(records)
    if arguments.json:
        slug = "-".join("".join(c if c.isalnum() else " " for c in about["cpu"]).lower().split())
        path = HERE / "results" / f"{slug}-{about['cores']}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            print(
                json.dumps({"when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **about, "rows": records}),
                file=file,
            )
        print(f"# appended to {path}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
