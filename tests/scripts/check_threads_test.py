"""scripts/check-threads: an access without its lock is named, and what Clang cannot see is refused."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from programs import ROOT

HEADER = """#pragma once
#include "vcache/core/mutex.h"
class Counter {
 public:
  int Read();

 private:
  vcache::Mutex mutex_;
  int count_ VCACHE_GUARDED_BY(mutex_) = 0;
};
"""
WITHOUT_LOCK = """#include "core/counter.h"
int Counter::Read() {
  return count_;
}
"""
WITH_LOCK = WITHOUT_LOCK.replace("  return", "  const vcache::MutexLock lock(mutex_); return")


class CheckThreads(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "include/vcache/core").mkdir(parents=True)
        shutil.copy(ROOT / "include/vcache/core/mutex.h", self.root / "include/vcache/core/mutex.h")
        self.write("src/core/counter.h", HEADER)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def check(self, **environment):
        done = subprocess.run([ROOT / "scripts/check-threads", self.root], text=True, check=False,
                              capture_output=True, env={"PATH": "/usr/bin:/bin"} | environment)
        return done.returncode, done.stderr

    def test_an_access_without_its_lock_is_named(self):
        self.write("src/core/counter.cpp", WITHOUT_LOCK)
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?m)^src/core/counter\.cpp:3:\d+: error: reading variable 'count_'")

    def test_the_same_with_the_lock_passes(self):
        self.write("src/core/counter.cpp", WITH_LOCK)
        self.assertEqual(self.check(), (0, ""))

    def test_the_holder_of_a_lock_may_not_call_what_takes_it(self):
        self.write("src/core/counter.h", HEADER.replace(
            " private:\n", "  int Twice();\n  int Again() VCACHE_EXCLUDES(mutex_);\n\n private:\n"))
        self.write("src/core/counter.cpp", WITH_LOCK + """int Counter::Twice() {
  const vcache::MutexLock lock(mutex_);
  return Again();
}
""")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?m)^src/core/counter\.cpp:7:\d+: error: cannot call function 'Again'")

    def test_a_class_that_is_a_header_only_is_seen(self):
        self.write("src/core/counter.h", HEADER.replace("Read();", "Read() { return count_; }"))
        self.write("src/core/other.cpp", '#include "core/counter.h"\n')
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?m)^src/core/counter\.h:5:\d+: error: reading variable 'count_'")

    def test_locks_that_clang_does_not_see_are_refused(self):
        self.write("src/core/a.cpp", "std::mutex mutex;  // no std::lock_guard\n")
        self.write("include/vcache/core/b.h", "\nvoid F() __attribute__((no_thread_safety_analysis));\n")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertEqual([line.partition(": Clang")[0] for line in said.splitlines()],
                         ["include/vcache/core/b.h:2: no_thread_safety_analysis",
                          "src/core/a.cpp:1: std::mutex"])

    def test_without_clang_nothing_passes(self):
        tools = self.root / "tools"
        tools.mkdir()
        for name in ("env", "python3"):
            (tools / name).symlink_to(shutil.which(name))
        status, said = self.check(PATH=str(tools))
        self.assertEqual(status, 2)
        self.assertIn("clang++-14 is missing", said)


if __name__ == "__main__":
    unittest.main()
