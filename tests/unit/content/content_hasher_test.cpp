#include "vcache/content/content_hasher.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace vcache;
using content::ContentDigest;
using content::ContentHasher;
using content::DigestOf;
using content::KeyedDigest;

namespace {
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}  // namespace

TEST_CASE("ContentHasher: starts anew after Finish") {
  ContentHasher hasher;
  CHECK(hasher.Finish().ToHex() == kNothing);
  hasher.Update(AsBytes("ab"));
  hasher.Update({});
  hasher.Update(AsBytes("c"));
  CHECK(hasher.Finish().ToHex() == kAbc);
  CHECK(hasher.Finish().ToHex() == kNothing);
}

TEST_CASE("ContentHasher: what was fed moves along") {
  ContentHasher first;
  first.Update(AsBytes("ab"));
  ContentHasher second(std::move(first));
  second.Update(AsBytes("c"));
  CHECK(second.Finish().ToHex() == kAbc);
}

TEST_CASE("ContentHasher: threads share the fetched algorithm and nothing else (T1)") {
  std::vector<std::thread> threads;
  std::vector<std::string> digests(4);
  for (std::string& digest : digests) {
    threads.emplace_back([&digest] {
      for (int i = 0; i < 200; ++i) digest = DigestOf(AsBytes("abc")).ToHex();
      digest += KeyedDigest(Secret("key"), DigestOf({})).ToShortHex();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& digest : digests) {
    CHECK(digest.starts_with(kAbc));
    CHECK(digest == digests.front());
  }
}

TEST_CASE("KeyedDigest: is HMAC-SHA-256 of the 32 bytes, whatever the key's length") {
  // Reckoned by RFC 2104's definition from plain SHA-256, outside OpenSSL's HMAC.
  const ContentDigest digest = DigestOf(AsBytes("a short text"));
  CHECK(KeyedDigest(Secret("0123456789abcdef0123456789abcdef"), digest).ToHex() ==
        "2218e5bf152082c43990cd16889b4d1f9f76209feaae427bbb282835e20436ab");
  CHECK(KeyedDigest(Secret(std::string(64, 'k')), digest).ToHex() ==
        "48828f6d42e8e82916b9ee39b55900399b73e6e4cbba24bd94944a393f6127c9");
  CHECK(KeyedDigest(Secret(std::string(65, 'k')), digest).ToHex() ==
        "d8c86a746022b1326a1f23c5ab03e7c5f2834c47bd6878b2e39d0432b5f0c906");
  CHECK(KeyedDigest(Secret(), digest).ToHex() ==
        "d0cda17c35f992dcab786d4aba5065b98e75723a3652e63a4a4050decca6203a");
}
