"""What the scripts of this folder share: the case lines, and one run of the pinned pprof.

The pprof is named by the environment, PPROF= and GOROOT=, as `fetch` prints them; any other release is refused.
`tests/oracle.rs` reads the same case lines by the same rules: change both.
"""

import gzip
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
GOLDENS = DATA / "oracle"

# Lines that podprof never prints: it neither looks for binaries nor misses them.
SILENT = re.compile(
    rb"^(Main binary filename not available\.|Local symbolization failed for .*|Ignoring local file .*"
    rb"|Some binary filenames not available\..*|Try setting PPROF_BINARY_PATH .*)\n", re.M)


class Case:
    """One line of cases.txt."""

    def __init__(self, text):
        self.text = text
        fields = text.split("|", 2)
        if len(fields) != 3:
            raise ValueError(f"not `name | profiles | arguments`: {text}")
        self.name, profiles, rest = (field.strip() for field in fields)
        arguments, script_mark, script = f" {rest}".partition(" <<")
        words = split(arguments)
        self.env = {}
        while words and re.match(r"^[A-Z_]+=", words[0]):
            key, _, value = words.pop(0).partition("=")
            self.env[key] = value
        self.profiles = [] if profiles == "-" else [path(one) for one in profiles.split(",")]
        if "{}" in words:
            at = words.index("{}")
            words[at:at + 1] = self.profiles
        else:
            words += self.profiles
        self.argv = words
        self.script = script_text(script) if script_mark else b""
        self.group = self.name.split(".")[0]


def split(text):
    """Words parted by blanks; '...' keeps blanks, nothing else is special."""
    return [word.replace("'", "") for word in re.findall(r"(?:'[^']*'|[^\s'])+", text)]


def path(name):
    """The file of a profile named in a case line: `cpu` means profiles/cpu.pb.gz."""
    return name if "/" in name else f"profiles/{name}" + ("" if "." in name else ".pb.gz")


def script_text(script):
    """The script after `<<`: ` ;; ` parts its lines, a last `\\c` keeps the last newline away."""
    text = "\n".join(line.strip(" ") for line in f"{script.strip()} ".split(" ;; "))
    return (text[:-2].rstrip(" ") if text.endswith("\\c") else text + "\n").encode()


def cases():
    """Every case line, in order; two of one name are a mistake."""
    found, names = [], set()
    for text in (DATA / "cases.txt").read_text().splitlines():
        if not text.strip() or text.startswith("#"):
            continue
        case = Case(text)
        if case.name in names:
            sys.exit(f"cases.txt: {case.name} is there twice")
        names.add(case.name)
        found.append(case)
    return found


def pinned():
    """The path of the pinned pprof that PPROF= names; any other is refused."""
    pprof, goroot = os.environ.get("PPROF"), os.environ.get("GOROOT")
    if not pprof or not goroot:
        sys.exit("set PPROF and GOROOT first: export $(tests/oracle/fetch)")
    go = subprocess.run([f"{goroot}/bin/go", "version", pprof], capture_output=True, text=True, check=True)
    built = "pprof built by " + go.stdout.rsplit(": ", 1)[1]
    if built not in (GOLDENS / "VERSION").read_text():
        sys.exit(f"{pprof} is {built.strip()}, not what tests/data/oracle/VERSION pins")
    return pprof


class Oracle:
    """The pinned pprof, run in an environment of its own."""

    def __init__(self, cwd=DATA):
        self.binary = pinned()
        self.cwd = cwd
        self.home = tempfile.TemporaryDirectory(prefix="podprof-oracle-")

    def run(self, argv, script=b"", env=None, timeout=60):
        """The answer to one run; what is of this machine or of no interest is taken out."""
        environment = {"TZ": "UTC", "HOME": self.home.name, "PPROF_TMPDIR": self.home.name, "TERM": "dumb", **(env or {})}
        run = subprocess.run([self.binary, *argv], cwd=self.cwd, env=environment, input=script, capture_output=True, timeout=timeout)
        out = unpacked(run.stdout).replace(os.fsencode(self.cwd), b"CWD")
        return Answer(out, quiet(run.stderr, run.returncode), run.returncode)


def unpacked(stdout):
    """A gzipped report behind the ten bytes of its frame: how Go packs is not held against podprof."""
    return stdout[:10] + gzip.decompress(stdout) if stdout.startswith(b"\x1f\x8b") else stdout


class Answer:
    """What one run said: stdout, stderr, exit code."""

    def __init__(self, out, err=b"", code=0):
        self.out, self.err, self.code = out, err, code

    def key(self):
        return self.out, self.err, self.code


def load(group):
    """The goldens of one group, oracle/GROUP.golden, as {case name: Answer}."""
    golden, found = GOLDENS / f"{group}.golden", {}
    if not golden.exists():
        return found
    rest = golden.read_bytes()
    while rest:
        head, rest = rest.split(b"\n", 1)
        _, name, code, err, out = head.decode().split(" ")
        err, out = int(err), int(out)
        found[name] = Answer(rest[err:err + out], rest[:err], int(code))
        rest = rest[err + out + 1:]
    return found


def save(group, answers):
    """Writes the goldens of one group: `== name code bytes-of-stderr bytes-of-stdout`, stderr, stdout, a newline."""
    body = b"".join(b"== %s %d %d %d\n%s%s\n" % (name.encode(), a.code, len(a.err), len(a.out), a.err, a.out)
                    for name, a in answers.items())
    golden = GOLDENS / f"{group}.golden"
    if not golden.exists() or golden.read_bytes() != body:
        golden.write_bytes(body)


def quiet(stderr, code):
    """stderr without the lines podprof never prints, a usage error without the usage, a panic without its stack."""
    stderr = SILENT.sub(b"", stderr)
    if code == 2 and stderr.startswith(b"usage:\n"):
        return stderr.rstrip(b"\n").rsplit(b"\n", 1)[1] + b"\n"
    if code == 2 and b"\nusage:\n" in stderr:
        return stderr.split(b"\nusage:\n", 1)[0] + b"\n"
    if code == 2 and stderr.startswith(b"panic:"):
        return b"panic\n"
    return stderr
