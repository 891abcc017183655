"""How fast official examples are validated: warm per document, and from process start.

CPU time counts, of this process and of those it starts: neighbours on the machine distort little.

Run: PRUEFSTAND_SPECS=… python benchmarks/bench_fhir.py [rounds]
With PRUEFSTAND_REFERENZVALIDATOR=… (an archive) and a Java runtime also gematik's validator.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pruefstand.fhir.packages.library import specs_folder
from pruefstand.fhir.second_opinion import module_of
from pruefstand.fhir.validation import Validator

GOALS = {"KBV_PR_ERP_Bundle/1.4.1": 150, "KBV_PR_ERP_Bundle/1.3.3": 150, "KBV_PR_EAU_Bundle": 80}
COLD_GOAL, START_GOAL, MEMORY_GOAL = 2.0, 0.3, 150
REPEATED = 4
ONE = """
import sys
from pathlib import Path
from pruefstand.fhir.validation import Validator
assert Validator().validate(Path(sys.argv[1]).read_bytes()).valid
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")))
"""
"""Not `ru_maxrss`: a process begins with the peak of the one that started it (Linux)."""


def examples(folder: str) -> list[Path]:
    """Return the valid examples below a folder."""
    root = specs_folder() / "examples" / folder
    return [path for path in sorted(root.rglob("*.xml")) if "/valid/" in path.as_posix()]


def rate(validator: Validator, documents: list[bytes], rounds: int) -> float:
    """Return documents per second of one core, by the median over files and rounds."""
    spent: list[float] = []
    for turn in range(rounds + 1):
        for data in documents:
            begin = time.process_time()
            validator.validate(data)
            if turn:
                spent.append(time.process_time() - begin)
    return 1 / statistics.median(spent)


def run(arguments: list[str], cache: str) -> tuple[float, str]:
    """Return seconds of CPU time from the start of a Python process to its end, and its output."""
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *arguments], env=environment, capture_output=True, check=True, text=True
    )
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime, done.stdout


def start(path: Path, cache: str) -> tuple[float, int]:
    """Return seconds from process start to the verdict, and the peak memory in MB."""
    spent, printed = run(["-c", ONE, str(path)], cache)
    return spent, int(printed)


def command(path: Path, cache: str) -> float:
    """Return seconds from process start to the verdict of the command line."""
    return run(["-m", "pruefstand", "fhir", "validate", str(path)], cache)[0]


def reference_rate(jar: str, java: str, documents: list[Path]) -> float:
    """Return how many documents per second of CPU time the reference validator does, warm.

    The same documents once and several times: what the second run takes more is their cost.
    """
    module = module_of("/KBV_PR_EAU_" if "EAU" in documents[0].as_posix() else "")
    spent: list[float] = []
    for times in (1, REPEATED):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.TemporaryDirectory() as folder:
            files = ",".join(str(path) for path in documents * times)
            output = str(Path(folder) / "outcome.json")
            call = [java, "-jar", jar, module, files, "--output", output]
            subprocess.run(call, capture_output=True, check=True)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return (REPEATED - 1) * len(documents) / (spent[1] - spent[0])


def show_reference() -> None:
    """Print the rates of the reference validator, or that it is not at hand."""
    jar, java = os.environ.get("PRUEFSTAND_REFERENZVALIDATOR"), shutil.which("java")
    if not jar or not java or not Path(jar).is_file():
        print("reference validator not at hand (PRUEFSTAND_REFERENZVALIDATOR, java)")
        return
    for folder in GOALS:
        found = reference_rate(jar, java, examples(folder))
        print(f"{folder:<26} reference validator {found:6.1f}/s of CPU time")


def main() -> int:
    """Print rates, start times and memory; return 1 when a goal is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    validator = Validator()
    met: list[bool] = []
    for folder, goal in GOALS.items():
        documents = [path.read_bytes() for path in examples(folder)]
        found = rate(validator, documents, rounds)
        met.append(found >= goal)
        print(f"{folder:<26} {len(documents):3} files {found:6.0f}/s of CPU time  goal {goal}/s")
    one = examples(next(iter(GOALS)))[0]
    with tempfile.TemporaryDirectory() as cache:
        cold, _ = start(one, cache)
        warm, memory = min(start(one, cache) for _ in range(5))
        shell = min(command(one, cache) for _ in range(5))
    met += [cold <= COLD_GOAL, max(warm, shell) <= START_GOAL, memory <= MEMORY_GOAL]
    print(f"start to verdict without cache {cold:.2f} s of CPU time (goal {COLD_GOAL} s)")
    print(f"start to verdict with cache    {warm:.2f} s (goal {START_GOAL} s), {memory} MB")
    print(f"the same by the command line   {shell:.2f} s (goal {START_GOAL} s)")
    show_reference()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
