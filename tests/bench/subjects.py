"""What is measured: the profiles, made on first use and kept under target/bench, and the works done with them."""

import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parent.parent / "target" / "bench"
FIXTURES = HERE.parent / "data" / "profiles"
# Real profiles: Go's compiler at work on crypto/tls, by its own -cpuprofile, and the heap of a small program.
COMPILE, HEAP = HERE / "compile.cpu.pb.gz", FIXTURES / "heap.pb.gz"
# Samples, frames of each, locations; the first two are "the million-sample profile" of the targets.
BIG = {
    "labelled": ["1000000", "40", "200000"],
    "unlabelled": ["1000000", "40", "200000"],
    "heap": ["300000", "24", "60000"],
    "goroutine": ["100000", "12", "20000"],
}
# The length at which the runtime cuts a dump.
DUMP_BYTES = 67108864
# A function in the middle of the generated call graph, and one of the compiler's.
PATTERN, SMALL_PATTERN = "Method120$", "runtime"
SESSION = ["top", "top -cum", "top Method1", "peek " + PATTERN, "tree", "quit"]
# Works of one profile; THIS stands for the profile itself.
THIS = "THIS"
REPORTS = [
    ("-top", ["-top"]), ("-tree", ["-tree"]), ("-peek", ["-peek=" + PATTERN]), ("-list", ["-list=" + PATTERN]),
    ("-traces", ["-traces"]), ("-raw", ["-raw"]), ("-dot", ["-dot"]), ("-proto", ["-proto"]),
    ("-diff_base=itself", ["-top", "-diff_base=" + THIS]), ("-top, merged with itself", ["-top", THIS]),
]
# pprof alone takes minutes with labels, so -top is all that is asked of them.
BIG_WORKS = [("labelled", *REPORTS[0]), *(("unlabelled", *work) for work in REPORTS), ("heap", *REPORTS[0]), ("goroutine", *REPORTS[0])]
SMALL_WORKS = [
    *((COMPILE, name, [option.replace(PATTERN, SMALL_PATTERN) for option in options]) for name, options in REPORTS),
    (COMPILE, "-callgrind", ["-callgrind"]), (HEAP, "heap -top", ["-top"]), (HEAP, "heap -tree", ["-tree"]), (HEAP, "heap -proto", ["-proto"]),
]
ENVIRONMENT = {"HOME": str(WORK), "PATH": "/usr/bin:/bin", "TZ": "UTC", "TERM": "dumb"}


def build():
    """The tools, where they are missing or older than their source."""
    WORK.mkdir(parents=True, exist_ok=True)
    for tool, command in [
        ("measure", ["cc", "-O2", "-static", "-s", HERE / "measure.c"]),
        ("generate", ["rustc", "--edition", "2024", "-O", HERE / "generate.rs"]),
    ]:
        built = WORK / tool
        if not built.exists() or built.stat().st_mtime < pathlib.Path(command[-1]).stat().st_mtime:
            subprocess.run([*command, "-o", built], check=True)
    manifest = ["--manifest-path", HERE / "limit" / "Cargo.toml", "--target-dir", WORK / "limit"]
    subprocess.run(["cargo", "build", "-q", "--release", "--locked", *manifest], check=True)


def big(kind):
    """The big profile of that kind and its inflated bytes."""
    generator = WORK / "generate"
    profile, size = WORK / f"{kind}.pb.gz", WORK / f"{kind}.bytes"
    if not size.exists() or size.stat().st_mtime < generator.stat().st_mtime:
        with open(profile, "wb") as file:
            make = subprocess.Popen([generator, *BIG[kind], kind], stdout=subprocess.PIPE)
            pack = subprocess.Popen(["gzip", "-n", "-6"], stdin=subprocess.PIPE, stdout=file)
            inflated = 0
            while block := make.stdout.read(1 << 20):
                inflated += len(block)
                pack.stdin.write(block)
            pack.stdin.close()
            if make.wait() or pack.wait():
                sys.exit(f"bench: the big {kind} profile could not be generated")
        size.write_text(str(inflated))
    return profile, int(size.read_text())


def dump():
    """The big goroutine dump."""
    generator, file = WORK / "generate", WORK / "goroutines.txt"
    if not file.exists() or file.stat().st_mtime < generator.stat().st_mtime:
        with open(file, "wb") as out:
            subprocess.run([generator, str(DUMP_BYTES), "goroutines"], stdout=out, check=True)
    return file


def once(command, lines=None):
    """Wall and CPU seconds and peak MB of one run, and with lines for its prompt the seconds until each prompt. The
    answer itself goes nowhere."""
    figures = WORK / f"figures.{os.getpid()}"
    prompts = [] if lines is None else ["-prompts"]
    run = subprocess.run(
        [WORK / "measure", figures, *prompts, *command], input="".join(line + "\n" for line in lines or []).encode(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT,
    )
    if run.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: {run.stderr.decode(errors='replace')}")
    first, *steps = figures.read_text().splitlines()
    figures.unlink()
    wall, cpu, peak = map(int, first.split())
    steps = [int(step) / 1e6 for step in steps[0].split()] if steps else []
    return (wall / 1e6, cpu / 1e6, peak / 1024), steps


def median(runs):
    """The medians of the figures and of the steps of some runs."""
    figures, steps = zip(*runs)
    return tuple(map(statistics.median, zip(*figures))), list(map(statistics.median, zip(*steps)))


def machine():
    """What it is measured on: processors, system, compiler, commit."""
    def said(*command):
        return subprocess.run(command, capture_output=True, text=True, cwd=HERE).stdout.strip()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    commit = said("git", "rev-parse", "--short=12", "HEAD") + ("-dirty" if said("git", "status", "--porcelain", "-uno") else "")
    return f"{os.cpu_count()} x {model}, {' '.join(os.uname()[i] for i in (0, 2, 4))}, commit {commit}, load {os.getloadavg()[0]:.1f}"
