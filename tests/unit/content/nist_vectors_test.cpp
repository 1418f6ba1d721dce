#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "vcache/content/content_hasher.h"

using namespace vcache;
using content::ContentDigest;
using content::ContentHasher;
using content::DigestOf;

namespace {

/// The lines `name = value` of a CAVS response file, in order.
std::vector<std::pair<std::string, std::string>> ReadFields(const std::filesystem::path& path) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos || line.front() == '[' || line.front() == '#') continue;
    fields.emplace_back(line.substr(0, equals), line.substr(equals + 3));
  }
  return fields;
}

/// Where the vectors are. Without them: a skip on a laptop, a failure where CI says that it is CI.
std::filesystem::path VectorFile(const char* name) {
  std::filesystem::path path = std::filesystem::path(VCACHE_NIST_VECTORS) / name;
  if (std::filesystem::exists(path)) return path;
  if (std::getenv("CI") != nullptr) FAIL("install python3-cryptography-vectors and configure anew");
  MESSAGE("skipped: python3-cryptography-vectors is not installed");
  return {};
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string HashInPieces(ContentHasher& hasher, std::string_view message, std::size_t piece) {
  for (std::size_t at = 0; at < message.size(); at += piece) {
    hasher.Update(AsBytes(message.substr(at, piece)));
  }
  return hasher.Finish().ToHex();
}

/// Returns how many messages were checked.
int CheckMessages(const std::filesystem::path& path) {
  ContentHasher hasher;
  int checked = 0;
  std::size_t bits = 0;
  std::string message;
  for (const auto& [name, value] : ReadFields(path)) {
    if (name == "Len") bits = std::stoul(value);
    if (name == "Msg") message = FromHex(value).substr(0, bits / 8);
    if (name != "MD") continue;
    CAPTURE(bits);
    CHECK(DigestOf(AsBytes(message)).ToHex() == value);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{63},
                                    std::size_t{64}, std::size_t{65}, std::size_t{1000}}) {
      CHECK(HashInPieces(hasher, message, piece) == value);
    }
    ++checked;
  }
  return checked;
}

}  // namespace

TEST_CASE("ContentHasher: agrees with NIST's short messages in any pieces") {
  const auto path = VectorFile("SHA256ShortMsg.rsp");
  if (!path.empty()) CHECK(CheckMessages(path) == 65);
}

TEST_CASE("ContentHasher: agrees with NIST's long messages in any pieces") {
  const auto path = VectorFile("SHA256LongMsg.rsp");
  if (!path.empty()) CHECK(CheckMessages(path) == 64);
}

TEST_CASE("ContentHasher: agrees with NIST's Monte Carlo chain") {
  const auto path = VectorFile("SHA256Monte.rsp");
  if (path.empty()) return;
  // SHAVS 6.4: each round hashes the last three digests together a thousand times over.
  ContentHasher hasher;
  ContentDigest seed;
  int rounds = 0;
  for (const auto& [name, value] : ReadFields(path)) {
    if (name == "Seed") seed = ContentDigest::FromHex(value).value();
    if (name != "MD") continue;
    ContentDigest last[3] = {seed, seed, seed};
    for (int i = 0; i < 1000; ++i) {
      for (const ContentDigest& digest : last) hasher.Update(digest.bytes());
      last[0] = last[1];
      last[1] = last[2];
      last[2] = hasher.Finish();
    }
    seed = last[2];
    CAPTURE(rounds);
    CHECK(seed.ToHex() == value);
    ++rounds;
  }
  CHECK(rounds == 100);
}
