"""scripts/check-names: equal names in anonymous namespaces of one library are named."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckNames(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.write("src/core/CMakeLists.txt", "vcache_module(core SOURCES a.cpp b.cpp)")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def offences_of(self, one, other):
        for name, body in (("a", one), ("b", other)):
            self.write(f"src/core/{name}.cpp", f"namespace v {{\nnamespace {{\n{body}\n}}  // namespace\n}}\n")
        done = subprocess.run([ROOT / "scripts/check-names", self.root], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1 if done.stderr else 0)
        return done.stderr.splitlines()

    def test_this_tree_has_none(self):
        done = subprocess.run([ROOT / "scripts/check-names"], text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_sort_of_name_is_seen_with_both_places(self):
        for text in ("constexpr int kA = 1;", "int A(int b) {\n  return b;\n}", "class A {\n  int b_;\n};",
                     "class A final : public B {\n  int b_;\n};",
                     "using A = int;", "enum class A { kB };", "template <typename T>\nT A(T b) { return b; }",
                     "std::atomic<int> a{0};", "const char* const kNames[] = {\"a\"};"):
            with self.subTest(text):
                offences = self.offences_of(text, "\n" + text)
                self.assertEqual(len(offences), 1, offences)
                self.assertIn("src/core/a.cpp:3, src/core/b.cpp:4", offences[0])

    def test_what_does_not_collide_passes(self):
        self.assertEqual(self.offences_of("int A() { int c = 1; return c; }", "int B() { int c = 1; return c; }"), [])
        self.assertEqual(self.offences_of("// int A();\n", "int A() { return 1; }"), [])
        self.assertEqual(self.offences_of("struct A { int c; };", "struct B { int c; };"), [])
        self.assertEqual(self.offences_of("class A final : public C {\n};", "class B final : public C {\n};"), [])

    def test_a_named_namespace_around_makes_a_name_another(self):
        def inside(namespace):
            return f"}}\nnamespace {namespace} {{\nnamespace {{\nconstexpr int kA = 1;\n}}"
        self.assertEqual(self.offences_of(inside("one"), inside("other")), [])
        self.assertEqual(len(self.offences_of(inside("one"), inside("one"))), 1)
        # A namespace that has ended is not around.
        self.assertEqual(len(self.offences_of("}\nnamespace one {\n}\nnamespace {\nint A() { return 1; }",
                                              "int A() { return 1; }")), 1)

    def test_files_that_a_pattern_names_are_looked_at(self):
        self.write("src/core/CMakeLists.txt",
                   "file(GLOB parts RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS parts/*.cpp)\n"
                   "vcache_module(core SOURCES a.cpp ${parts})")
        self.write("src/core/parts/c.cpp", "namespace v {\nnamespace {\nconstexpr int kA = 1;\n}\n}\n")
        self.assertEqual(len(self.offences_of("constexpr int kA = 1;", "")), 1)


if __name__ == "__main__":
    unittest.main()
