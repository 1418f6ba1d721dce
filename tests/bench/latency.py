"""How long memory hits, store hits and misses take with a Redis that is a round trip away."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
KINDS = ("memory hit", "store hit", "miss")


def sample(requests, round_trip_ms):
    """Milliseconds of each request, by kind. The programs are those of VCACHE_BUILD_DIR."""
    sys.path.insert(0, str(TESTS / "e2e"))
    import harness
    import redis_server

    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="vcache-bench-"))
        redis = redis_server.Redis()
        stack.callback(redis.close)
        redis.start()
        link = subprocess.Popen([sys.executable, TESTS / "bench/delayed_link.py", redis.socket,
                                 str(round_trip_ms)], stdout=subprocess.PIPE, text=True)
        stack.callback(link.wait)
        stack.callback(link.kill)
        port = int(link.stdout.readline())
        sandbox = harness.Sandbox(directory)
        stack.callback(sandbox.stop)

        def start(name, **environment):
            home = pathlib.Path(directory) / name
            home.mkdir()
            service = harness.Service(home, REDIS_URL=f"redis://127.0.0.1:{port}", CACHE_DIR=str(home),
                                      DETECTION_SANDBOX_URL=sandbox.url, LOG_LEVEL="info", **environment)
            stack.callback(service.stop)
            service.await_line("Redis is connected")
            time.sleep(1)
            return service

        def times(service, contents, cache):
            measured = []
            with service.kept_connection() as connection:
                for content in contents:
                    body, media_type = harness.form(content)
                    begun = time.perf_counter()
                    connection.request("POST", "/api/analysis/file", body, {"Content-Type": media_type})
                    answer = harness.Answer(connection.getresponse())
                    measured.append((time.perf_counter() - begun) * 1_000)
                    if (answer.status, answer.cache) != (200, cache):
                        raise SystemExit(f"{answer.status} {answer.cache} in place of {cache}")
            return measured

        photos = [harness.jpeg(f"photo {i}", 2_000) for i in range(requests)]
        one = start("one", MEMORY_CACHE_MB="64")
        times(one, [harness.jpeg("first", 2_000)], "MISS")  # teaches Redis the scripts
        misses = times(one, photos, "MISS")
        memory_hits = times(one, photos, "HIT")
        without_memory = start("two", MEMORY_CACHE_MB="0")
        return dict(zip(KINDS, (memory_hits, times(without_memory, photos, "HIT"), misses)))


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def compare(builds, rounds, requests, round_trip_ms):
    """Prints p50 and p99 of each build. The builds take turns, so that both meet the same load."""
    samples = [{kind: [] for kind in KINDS} for _ in builds]
    for _ in range(rounds):
        for build, into in zip(builds, samples):
            run = subprocess.run([sys.executable, "-B", __file__, str(requests), str(round_trip_ms)],
                                 env={**os.environ, "VCACHE_BUILD_DIR": str(build)},
                                 stdout=subprocess.PIPE, text=True, check=True)
            for kind, values in json.loads(run.stdout).items():
                into[kind] += values
    print("| ms | " + " | ".join(f"{build} p50 | p99" for build in builds) + " |")
    print("|---|" + "---|---|" * len(builds))
    for kind in KINDS:
        cells = [f"{percentile(each[kind], percent):.1f}" for each in samples for percent in (50, 99)]
        print(f"| {kind} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    print(json.dumps(sample(int(sys.argv[1]), float(sys.argv[2]))))
