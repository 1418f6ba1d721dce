"""scripts/check-includes: what breaks the law is named with file and line."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "docs").mkdir()
        self.law = (ROOT / "docs/architecture.md").read_text()
        (self.root / "docs/architecture.md").write_text(self.law)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_check(self):
        done = subprocess.run([ROOT / "scripts/check-includes", self.root], text=True,
                              capture_output=True, check=False)
        return done.returncode, done.stderr.splitlines()

    def offence_of(self, name, text):
        """The one offence of a tree of one file, without its message's end."""
        self.write(name, text)
        status, offences = self.run_check()
        (self.root / name).unlink()
        self.assertEqual((status, len(offences)), (1, 1), (name, text, offences))
        self.assertTrue(offences[0].startswith(name + ":"), offences)
        return offences[0]

    def test_this_tree_keeps_the_law(self):
        done = subprocess.run([ROOT / "scripts/check-includes"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_is_allowed_passes(self):
        self.write("include/vcache/cache/a.h", '#include <chrono>\n#include "vcache/core/result.h"\n')
        self.write("src/cache/sqlite/a.cpp", '#include "vcache/cache/a.h"\n#include "cache/c.h"\n'
                   '#include "b.h"\n#include "cache/sqlite/b.h"\n#include "json/json.h"\n'
                   "#include <sqlite3.h>\n"
                   "#include <sys/stat.h>\n#include <unistd.h>\n#include <optional>\n")
        self.write("src/cache/sqlite/b.h", "")
        self.write("src/cache/c.h", "")
        self.write("src/redis/transport/tls.cpp",
                   "#include <openssl/ssl.h>\n#include <openssl/err.h>\n")
        self.write("src/cache/CMakeLists.txt", "vcache_module(cache SOURCES a.cpp PUBLIC vcache::core)")
        self.assertEqual(self.run_check(), (0, []))

    def test_a_forbidden_room_is_named_with_its_line(self):
        said = self.offence_of("src/http/server/server.cpp", '// x\n\n#include "vcache/cache/entry.h"\n')
        self.assertEqual(said, "src/http/server/server.cpp:3: "
                         "http/server may not include cache (vcache/cache/entry.h)")

    def test_an_include_that_runs_upward_fails_in_every_sub_room(self):
        """For each sub-room, one public and one private header of each room that it may not see."""
        rows = re.findall(r"^\| `([a-z/]+)` \|[^|]*\| (.*) \|$",
                          self.law.split("<!-- law: rooms -->")[1].split("\n\n")[0], re.MULTILINE)
        rooms = {room for room, _ in rows}
        sub_rooms = {room for room in rooms if "/" in room}
        self.assertGreater(len(sub_rooms), 12)
        planted = {}
        for room, cell in rows:
            if room not in sub_rooms:
                continue
            seen = set(re.findall(r"`([a-z/*]+)`", cell)) | {room}
            seen |= {other for other in rooms for name in seen
                     if name.endswith("/*") and other.split("/")[0] == name[:-2]}
            self.assertGreater(len(rooms - seen), 0, room)
            for number, other in enumerate(sorted(rooms - seen)):
                for kind, header in (("public", f"vcache/{other}/a.h"), ("private", f"{other}/a.h")):
                    name = f"src/{room}/{kind}_{number}.cpp"
                    self.write(name, f'\n#include "{header}"\n')
                    planted[name] = other
        status, offences = self.run_check()
        self.assertEqual((status, len(offences)), (1, len(planted)))
        for offence in offences:
            name, line, said = offence.split(":", 2)
            self.assertEqual(line, "2", offence)
            self.assertIn(planted.pop(name), said)

    def test_odd_spellings_are_seen(self):
        for line in ('#  include "vcache/app/a.h"', '\t# include <vcache/app/a.h>',
                     '#include"vcache/app/a.h"', "#include WHATEVER"):
            self.offence_of("src/core/a.cpp", line + "\n")

    def test_each_library_is_seen_by_its_rooms_only(self):
        for room, header in (("api", "httplib.h"), ("cache", "nlohmann/json.hpp"),
                             ("content", "openssl/ssl.h"), ("api", "openssl/evp.h"),
                             ("detection", "curl/curl.h"), ("cache", "hiredis/hiredis.h"),
                             ("metrics", "sqlite3.h"), ("analysis", "zstd.h"),
                             ("core", "spdlog/spdlog.h"), ("http/server", "json/json.h")):
            with self.subTest(header):
                self.assertIn(f":1: {room} may not see {header}",
                              self.offence_of(f"src/{room}/a.cpp", f"#include <{header}>\n"))

    def test_tests_libraries_and_unknown_ones_are_refused(self):
        for header in ("doctest/doctest.h", "boost/asio.hpp", "fmt/core.h", "nothing.h"):
            self.assertIn("does not know", self.offence_of("src/core/a.cpp", f"#include <{header}>\n"))

    def test_public_headers_name_no_other_library_not_even_the_systems(self):
        for header in ("curl/curl.h", "sys/socket.h", "unistd.h", "net/secret.h"):
            self.offence_of("include/vcache/net/a.h", f"#include <{header}>\n")

    def test_another_rooms_private_header_is_refused(self):
        self.assertIn("private header of cache",
                      self.offence_of("src/api/a.cpp", '#include "cache/pool.h"\n'))
        self.offence_of("src/api/b.cpp", '#include "../cache/pool.h"\n')

    def test_a_folder_without_a_row_is_refused(self):
        self.assertIn("in no room", self.offence_of("src/utils/a.cpp", ""))
        self.assertIn("in no room", self.offence_of("include/vcache/utils/a.h", ""))

    def test_links_obey_the_same_table(self):
        self.assertIn(":2: http may not link cache", self.offence_of(
            "src/http/CMakeLists.txt", "vcache_module(http\n  PRIVATE vcache::cache)\n"))

    def test_a_change_of_the_table_changes_the_law(self):
        self.write("src/http/server/a.cpp", '#include "vcache/cache/entry.h"\n')
        self.assertEqual(self.run_check()[0], 1)
        row = next(line for line in self.law.splitlines() if line.startswith("| `http/server` |"))
        self.write("docs/architecture.md", self.law.replace(row, row[:-2] + ", `cache` |"))
        self.assertEqual(self.run_check(), (0, []))

    def test_a_broken_table_is_an_error_and_never_a_pass(self):
        for text in ("", self.law.replace("law: rooms", "rooms"),
                     self.law.replace("| nothing of ours |", "| |"),
                     self.law.replace("`core`, `json`, `content` |", "`core`, `contnet` |")):
            self.write("docs/architecture.md", text)
            self.assertEqual(self.run_check()[0], 2)


if __name__ == "__main__":
    unittest.main()
