#!/usr/bin/env python3
"""Runs a fuzz target: the kept corpus first, then new inputs for a bounded time.

    run.py NAME [--seconds N] [--seed N] [--targets DIR]    exit status 1 on a finding, 2 when it cannot run
    run.py all --executions N                               all targets in turn, until they executed N inputs together
    run.py NAME --merge                                     what earlier runs found, as far as it reaches new code,
                                                            goes to tests/fuzz/corpus/NAME

The last line of a run says how many inputs were executed, what they reached and how many findings there are. New inputs
and the inputs of findings lie in the build folder, under fuzz/scratch/NAME. With the same --seed the same inputs are
made; --seed 0 takes another each time, and says which.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_BYTES = {"tar": 8192, "json": 4 << 20}  # of an input: several members fit, all of a manifest
OTHER_MOST_BYTES = 4096
LIMITS = ["-timeout=10", "-rss_limit_mb=512"]


def count(pattern, text):
    """The number of the last match, or None."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else None


def run_target(program, arguments):
    environment = dict(os.environ)
    # The quarantine of freed memory counts against -rss_limit_mb.
    environment["ASAN_OPTIONS"] = "quarantine_size_mb=32"
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
    done = subprocess.run([program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def fuzz(name, program, corpus, scratch, seconds, seed):
    new, findings = os.path.join(scratch, "new"), os.path.join(scratch, "findings")
    os.makedirs(new, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    kept = len(os.listdir(corpus))
    status, output = run_target(program, [
        *LIMITS, f"-max_len={MOST_BYTES.get(name, OTHER_MOST_BYTES)}", f"-max_total_time={seconds}", f"-seed={seed}",
        f"-artifact_prefix={findings}/", "-print_final_stats=1", new, corpus])
    seed = count(r"INFO: Seed: (\d+)", output)
    executions = count(r"stat::number_of_executed_units:\s*(\d+)", output)
    coverage, features = count(r"\bcov: (\d+)", output), count(r"\bft: (\d+)", output)
    inputs = re.findall(r"Test unit written to (\S+)", output)
    if status or inputs:
        print(output[-8000:])
        for path in inputs:
            print(f"the input is kept in {path}; once more: {program} {path}")
    ran = executions is not None and executions >= kept
    result = (f"fuzz.{name}: {executions} executions in at most {seconds} s (seed {seed}, {kept} kept inputs), "
              f"coverage {coverage} edges, {features} features: {max(len(inputs), int(status != 0))} findings")
    print(result, flush=True)
    with open(os.path.join(scratch, "result"), "w", encoding="utf-8") as file: # tests/run shows it
        file.write(result + "\n")
    if status or inputs:
        return 1
    if not ran:
        print(output[-8000:] + f"\nfuzz.{name}: not even the kept inputs were executed", file=sys.stderr)
        return 2
    return 0


def names_of(targets):
    """The targets that are built and kept with a corpus."""
    kept = set(os.listdir(os.path.join(HERE, "corpus")))
    return sorted(name for name in kept if os.access(os.path.join(targets, "fuzz_" + name), os.X_OK))


def executions_in(scratch):
    with open(os.path.join(scratch, "result"), encoding="utf-8") as file:
        return count(r": (\d+) executions", file.read()) or 0


def fuzz_all(targets, executions, seconds, seed):
    """Rounds over all targets, as many side by side as there are cores; each round from another seed."""
    total, status, rounds = 0, 0, 0
    names = names_of(targets)
    if not names:
        print(f"{targets} holds no targets: build fuzz_targets first", file=sys.stderr)
        return 2

    def one(name):
        scratch = os.path.abspath(os.path.join(targets, "../scratch", name))
        program = os.path.abspath(os.path.join(targets, "fuzz_" + name))
        done = fuzz(name, program, os.path.join(HERE, "corpus", name), scratch, seconds, seed + rounds)
        return done, executions_in(scratch)

    while total < executions and not status:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done, executed in pool.map(one, names):
                status, total = status or done, total + executed
        rounds += 1
    print(f"fuzz: {total} executions of {len(names)} targets in {rounds} rounds (seeds {seed} to {seed + rounds - 1}): "
          f"{'findings, see above' if status else 'no finding'}")
    return status


def merge(name, program, corpus, scratch):
    before = set(os.listdir(corpus))
    # By edges, without how often each is taken, and the fewest inputs that reach all: a small corpus.
    status, output = run_target(program, [
        *LIMITS, f"-max_len={MOST_BYTES.get(name, OTHER_MOST_BYTES)}", "-use_counters=0", "-set_cover_merge=1", corpus,
        os.path.join(scratch, "new")])
    if status:
        print(output[-8000:])
        return 1
    print(f"fuzz.{name}: {len(set(os.listdir(corpus)) - before)} inputs added to the {len(before)} in {corpus}")
    return 0


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--executions", type=int, default=10_000_000, help="of all targets together; for NAME all")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--targets", default=os.path.join(HERE, "../../.build/dev/tests/fuzz/targets"))
    parser.add_argument("--corpus", help="by default tests/fuzz/corpus/NAME")
    parser.add_argument("--scratch", help="by default beside the targets")
    options = parser.parse_args(arguments)
    if options.name == "all":
        return fuzz_all(options.targets, options.executions, options.seconds, options.seed)
    program = os.path.abspath(os.path.join(options.targets, "fuzz_" + options.name))
    corpus = os.path.abspath(options.corpus or os.path.join(HERE, "corpus", options.name))
    scratch = os.path.abspath(options.scratch or os.path.join(options.targets, "../scratch", options.name))
    if not os.access(program, os.X_OK):
        print(f"{program} is not there: build the target fuzz_targets first, or name its folder by --targets",
              file=sys.stderr)
        return 2
    if not os.path.isdir(corpus) or not os.listdir(corpus):
        print(f"{corpus} holds no inputs: a target is kept with its corpus", file=sys.stderr)
        return 2
    if options.merge:
        return merge(options.name, program, corpus, scratch)
    return fuzz(options.name, program, corpus, scratch, options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
