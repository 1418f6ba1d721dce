#include "config/guessable.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using config::IsGuessable;

namespace {

constexpr std::size_t kToken = 16;
constexpr std::size_t kKeySecret = 32;

std::string RandomOf(std::string_view alphabet, std::size_t size, std::mt19937_64& random) {
  std::uniform_int_distribution<std::size_t> any(0, alphabet.size() - 1);
  std::string text;
  while (text.size() < size) text += alphabet[any(random)];
  return text;
}

bool IsTaken(const char* name, const std::string& value) {
  return config::LoadSettings(test::Having({{name, value}})).has_value();
}

}  // namespace

TEST_CASE("IsGuessable: placeholders and what is made like one, long enough as they are") {
  for (const char* token :
       {"passwordpassword",     "1234567890123456",        "abababababababab",
        "0123456789abcdef",     "aaaaaaaaaaaaaaaa",        "aaaaaaaaaaaaaaab",
        "abcabcabcabcabca",     "abcdefghijklmnop",        "zyxwvutsrqponmlk",
        "9876543210987654",     "qwertyuiopasdfgh",        "PasswordPassword1",
        "password12345678",     "Password-1234567",        "admin-admin-admin",
        "secret-token-1234",    "testtesttesttest",        "example-token-example",
        "changemechangeme",     "please-CHANGE-ME-Qm4xT9", "your-admin-token-Qm4xT9",
        "<placeholder-x7Qm4T>", "P@ssw0rdP@ssw0rd",        "letmeinletmein00",
        "1111222233334444",     "abcd1234abcd1234",        "aabbccddaabbccdd",
        "deadbeefdeadbeef",     "deadbeefcafebabe",        "verdictcache-admin-token",
        "iloveyouiloveyou",     "Qm4xT9zQm4xT9zQm",        "1010010111010011",
        "----------------",     "defaultdefaultdefault",   "hunter2hunter2hunter2"}) {
    CAPTURE(token);
    CHECK(IsGuessable(token, kToken));
    CHECK_FALSE(IsTaken("ADMIN_TOKEN", token));
  }
  for (const char* secret :
       {"passwordpasswordpasswordpassword", "0123456789abcdef0123456789abcdef",
        "12345678901234567890123456789012", "my-secret-key-for-testing-1234567",
        "9f3b6d0a7c52e18f9f3b6d0a7c52e18f", "abcdefghijklmnopqrstuvwxyz123456"}) {
    CAPTURE(secret);
    CHECK(IsGuessable(secret, kKeySecret));
    CHECK_FALSE(IsTaken("KEY_SECRET", secret));
  }
}

TEST_CASE("IsGuessable: what a person made up with care, and longer repetitions, are not") {
  for (const char* token :
       {"correct-horse-battery-staple", "an-admin-token-for-tests", "Tr0ub4dor&3-is-weak?",
        "9f3b6d0a7c52e18f9f3b6d0a7c52e18f", "9f3b6d0a7c52e18f", "token-Qm4xT9zKfB7wRj2L"}) {
    CAPTURE(token);
    CHECK_FALSE(IsGuessable(token, kToken));
    CHECK(IsTaken("ADMIN_TOKEN", token));
  }
}

// One thread and no memory of its own: the thread sanitizer has nothing to find in so many.
#ifdef __SANITIZE_THREAD__
constexpr int kRounds = 1'000;
#else
constexpr int kRounds = 10'000;
#endif

TEST_CASE("IsGuessable: random tokens of the least size are never refused") {
  std::mt19937_64 random(20'261'126);
  for (const std::string_view alphabet :
       {"0123456789abcdef", "0123456789ABCDEF",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"}) {
    int refused = 0;
    for (int i = 0; i < kRounds; ++i) {
      refused += IsGuessable(RandomOf(alphabet, kToken, random), kToken) ? 1 : 0;
      refused += IsGuessable(RandomOf(alphabet, kKeySecret, random), kKeySecret) ? 1 : 0;
      refused += IsGuessable(RandomOf(alphabet, 2 * kKeySecret, random), kToken) ? 1 : 0;
    }
    CAPTURE(alphabet);
    CHECK(refused == 0);
  }
}

TEST_CASE("IsGuessable: the longest secret is judged at once") {
  std::mt19937_64 random(7);
  CHECK_FALSE(IsGuessable(RandomOf("0123456789abcdef", 4096, random), kKeySecret));
  CHECK(IsGuessable(std::string(4096, 'x'), kKeySecret));
}
