// Runs a fuzz target as an ordinary test: every file of the corpus, then a fixed number of
// mutations of them, the same ones each time. So the targets never rot, and a failure repeats.
// Finding new faults is libFuzzer's work (tests/fuzz/CMakeLists.txt says how to start it).
//
//   <target>_check CORPUS_FOLDER [MUTATIONS [MAX_BYTES]]

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_target.h"

namespace {

constexpr std::size_t kDefaultMaxBytes = 4096;
constexpr std::size_t kDefaultMutations = 20'000;
constexpr std::size_t kMostShown = 4096;  // of an input that fails

// What parsers care about; single bytes are found by chance.
constexpr std::string_view kWords[] = {
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "--",
    ": ",
    "; ",
    "\"",
    "\\",
    "%00",
    "%0d%0a",
    "0x",
    "-1",
    "chunked",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 1\r\n",
    "Host: a\r\n",
    "ffffffffffffffff",
    "0\r\n\r\n",
    "--b",
    "\r\n--b",
    "\r\n--b--",
    "name=",
    "filename*=UTF-8''",
    "null",
    "1e999",
    "\xEF\xBF\xBD",
    "{",
    "}",
    "[",
    "]",
    "*",
    "?",
};

std::string current;  // for the report of a failure
std::size_t current_number = 0;

void ReportInput(int) {
  std::fprintf(stderr, "input %zu, %zu bytes: ", current_number, current.size());
  for (const char c : current.substr(0, kMostShown)) {
    const auto byte = static_cast<unsigned char>(c);
    std::fprintf(stderr, byte >= 0x20 && byte < 0x7F ? "%c" : "\\x%02x", byte);
  }
  std::fputs(current.size() > kMostShown ? "...\n" : "\n", stderr);
}

std::vector<std::string> ReadCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file.path());
  std::sort(files.begin(), files.end());  // the folder's order is the file system's choice
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::size_t max_bytes)
      : corpus_(corpus), max_bytes_(max_bytes) {}

  std::string Next() {
    std::string input = corpus_[Below(corpus_.size())];
    for (std::size_t steps = 1 + Below(4); steps > 0; --steps) Mutate(input);
    if (max_bytes_ > kDefaultMaxBytes && Below(32) == 0) Grow(input);
    input.resize(std::min(input.size(), max_bytes_));
    return input;
  }

 private:
  // Not std::uniform_int_distribution: its numbers differ between libraries.
  std::size_t Below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void Mutate(std::string& input) {
    const std::size_t at = Below(input.size() + 1);
    const std::size_t length = Below(std::min<std::size_t>(input.size() - at, 64) + 1);
    switch (Below(6)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random_());
        break;
      case 1:
        input.erase(at, length);
        break;
      case 2:
        input.insert(at, input.substr(at, length));
        break;
      case 3:
        input.insert(at, kWords[Below(std::size(kWords))]);
        break;
      case 4:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        break;
      default: {
        const std::string& other = corpus_[Below(corpus_.size())];
        input = input.substr(0, at) + other.substr(Below(other.size() + 1));
      }
    }
  }

  /// Repeats a piece in its place until the input is large: what multiplies shows itself then.
  void Grow(std::string& input) {
    const std::size_t at = Below(input.size() + 1);
    const std::string piece = input.substr(at, 1 + Below(256));
    if (piece.empty()) return;
    std::string more;
    for (std::size_t size = Below(max_bytes_); more.size() < size;) more += piece;
    input.insert(at, more);
  }

  const std::vector<std::string>& corpus_;
  std::size_t max_bytes_;
  std::mt19937_64 random_{20240229};
};

void Run(std::string input) {
  current = std::move(input);
  ++current_number;
  // A copy of exactly this size: the address sanitizer then sees every byte read beyond it.
  const std::vector<std::uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS [MAX_BYTES]]\n", argv[0]);
    return 2;
  }
  std::signal(SIGABRT, ReportInput);
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s holds no files\n", argv[1]);
    return 2;
  }
  const std::size_t mutations = argc >= 3 ? std::strtoul(argv[2], nullptr, 10) : kDefaultMutations;
  Run("");
  for (const std::string& input : corpus) Run(input);
  const std::size_t max_bytes = argc == 4 ? std::strtoul(argv[3], nullptr, 10) : kDefaultMaxBytes;
  Mutator mutator(corpus, max_bytes);
  for (std::size_t i = 0; i < mutations; ++i) Run(mutator.Next());
  std::printf("%zu inputs, nothing found\n", current_number);
  return 0;
}
