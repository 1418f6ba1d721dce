#include "vcache/cache/key_space.h"

#include <doctest/doctest.h>

#include "support/verdict_store_conformance.h"

using namespace vcache;
using namespace vcache::cache;

namespace {
KeySpace Space(std::string prefix, std::string secret = "") {
  return KeySpace({.prefix = std::move(prefix), .secret = Secret(std::move(secret))});
}
bool Matches(const char* pattern, std::string_view key) {
  return KeyPattern::Parse(pattern)->Matches(key);
}
}  // namespace

TEST_CASE("CacheKey: is named by family and digest") {
  const CacheKey key{ContentKind::kText, *content::ContentDigest::FromHex(std::string(64, 'a'))};
  CHECK(key.ToString() == "text:" + std::string(64, 'a'));
  const CacheKey other{ContentKind::kAnalysis, key.digest};
  CHECK(key != other);
  CHECK(std::hash<CacheKey>()(key) != std::hash<CacheKey>()(other));
}

TEST_CASE("KeySpace: the prefix stands before every key") {
  const CacheKey key = test::MakeKey(1);
  CHECK(Space("").StoreKey(key) == key.ToString());
  CHECK(Space("site:demo:").StoreKey(key) == "site:demo:" + key.ToString());
}

TEST_CASE("KeySpace: with a secret the digest itself is nowhere in the key") {
  const CacheKey key = test::MakeKey(1);
  const KeySpace keyed = Space("p:", "a secret of some length");
  CHECK(keyed.keyed());
  CHECK(keyed.StoreKey(key).find(key.digest.ToHex()) == std::string::npos);
  CHECK(keyed.StoreKey(key) == "p:" + keyed.NameOf(key));
  CHECK(keyed.StoreKey(key) != Space("p:", "another secret").StoreKey(key));
  CHECK(keyed.FamilyOf(keyed.StoreKey(key)) == ContentKind::kAnalysis);
}

TEST_CASE("KeySpace: keys of others are never ours") {
  const std::string hex(64, 'a');
  const KeySpace keys = Space("p:");
  CHECK(keys.FamilyOf("p:analysis:" + hex) == ContentKind::kAnalysis);
  CHECK(keys.FamilyOf("p:text:" + hex) == ContentKind::kText);
  for (const std::string& other :
       {"analysis:" + hex, "q:analysis:" + hex, "p:p:analysis:" + hex, "p:analysis:" + hex + "a",
        "p:analysis:" + hex.substr(1), "p:analysis:" + std::string(64, 'A'),
        "p:analysis:" + std::string(64, 'g'), "p:Analysis:" + hex, "p:analysis;" + hex,
        "p:lease:{analysis:" + hex + "}", std::string("p:stats:counters"), std::string("p:"),
        std::string(), "p:analysis:" + hex.substr(1) + std::string(1, '\0'),
        "p:analysis:" + hex + "\n", "p:texts:" + hex.substr(1)}) {
    CAPTURE(other);
    CHECK_FALSE(keys.FamilyOf(other));
  }
}

TEST_CASE("KeyPattern: star and question mark, and nothing else") {
  CHECK(Matches("*", "analysis:ab"));
  CHECK(Matches("*", ""));
  CHECK(Matches("analysis:*", "analysis:ab"));
  CHECK_FALSE(Matches("analysis:*", "text:ab"));
  CHECK(Matches("text:ab*", "text:abcd"));
  CHECK_FALSE(Matches("text:ab*", "text:acab"));
  CHECK(Matches("*cd", "text:abcdcd"));
  CHECK_FALSE(Matches("*cd", "text:abcdc"));
  CHECK(Matches("t?xt:*b*", "text:abc"));
  CHECK_FALSE(Matches("?", ""));
  CHECK(Matches("**a**", "a"));
  CHECK_FALSE(Matches("a", "ab"));
  CHECK(KeyPattern::All().Matches("anything"));
}

TEST_CASE("KeyPattern: refuses what selects nothing of ours") {
  CHECK(KeyPattern::Parse(std::string(128, '*')));
  for (const std::string& bad : {std::string(), std::string(129, '*'),
                                 std::string("analysis:[a-f]*"), std::string("analysis:A*"),
                                 std::string("a\\*"), std::string("a b"), std::string("a\0b", 3)}) {
    const auto parsed = KeyPattern::Parse(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("KeyPattern: hostile patterns take no exponential time (rule R9)") {
  std::string hostile;
  for (int i = 0; i < 63; ++i) hostile += "*a";
  const std::string key(100'000, 'a');
  CHECK(Matches((hostile + "*").c_str(), key));
  CHECK_FALSE(Matches((hostile + "*b").c_str(), key));
  CHECK_FALSE(Matches(("*" + std::string(126, 'a') + "b").c_str(), key));
}

TEST_CASE("KeySpace: patterns of people become those of stored names, by the content's hash") {
  const CacheKey file = test::MakeKey(1);
  const CacheKey text = test::MakeKey(1, ContentKind::kText);
  const KeySpace plain = Space("p:");
  const KeySpace keyed = Space("p:", "a secret of some length");
  const auto stored = [](const KeySpace& keys, const std::string& pattern) {
    const auto made = keys.StoredPattern(*KeyPattern::Parse(pattern));
    REQUIRE(made);
    return made->text();
  };
  const std::string hash = file.digest.ToHex();
  for (const std::string& pattern :
       {"analysis:" + hash, std::string("text:ab*"), "*" + hash, std::string("*")}) {
    CHECK(stored(plain, pattern) == pattern);
  }
  CHECK(stored(keyed, file.ToString()) == keyed.NameOf(file));
  CHECK(stored(keyed, text.ToString()) == keyed.NameOf(text));
  for (const char* any_kind : {"*:", "*", "?*:", "**", "a*:*"}) {
    const auto pattern = keyed.StoredPattern(*KeyPattern::Parse(any_kind + hash));
    REQUIRE(pattern);
    CHECK(pattern->Matches(keyed.NameOf(file)));
    CHECK_FALSE(pattern->Matches(keyed.NameOf(test::MakeKey(2))));
    CHECK_FALSE(pattern->Matches(file.ToString()));
  }
  const std::string marks(64, '?');
  for (const std::string& no_digits :
       {std::string("*"), std::string("analysis:*"), std::string("text:*"), std::string("a*"),
        std::string("*:*"), std::string("?*"), std::string("t??t:*"), std::string("*t:*"),
        std::string("nothing:*"), std::string("analysis:"), "text:" + marks, "text:?" + marks}) {
    CHECK(stored(keyed, no_digits) == no_digits);
  }
}

TEST_CASE("KeySpace: with a secret, a pattern of some digits is refused with the reason") {
  const KeySpace keyed = Space("", "a secret of some length");
  const std::string hash = test::MakeKey(1).digest.ToHex();
  for (const std::string& pattern :
       {std::string("analysis:ab*"), std::string("text:*ab"), std::string("text:a"),
        std::string("*a*"), std::string("*ab"), "analysis:" + hash.substr(1),
        "analysis:" + hash + "a", "analysis:?" + hash.substr(1), "analysis:" + hash + "*",
        "analysis:" + hash.substr(0, 32) + "*" + hash.substr(32)}) {
    CAPTURE(pattern);
    const auto refused = keyed.StoredPattern(*KeyPattern::Parse(pattern));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kBadRequest);
    CHECK(refused.error().message.find("KEY_SECRET") != std::string::npos);
    CHECK(refused.error().message.find(pattern) != std::string::npos);
    CHECK(Space("").StoredPattern(*KeyPattern::Parse(pattern)));
  }
}

TEST_CASE("KeySpace: a variant follows the digits, and is selected with its content") {
  const CacheKey usual = test::MakeKey(1);
  CacheKey variant = usual;
  variant.variant = 0xabc;
  CHECK(variant.ToString() == usual.ToString() + ":0000000000000abc");
  CHECK(variant.Usual() == usual);
  CHECK(VariantOf("a/1") != VariantOf("b/1"));
  for (const KeySpace& keys :
       {KeySpace({.prefix = "p:"}), KeySpace({.prefix = "p:", .secret = Secret("some secret")})}) {
    const std::string name = keys.StoreKey(variant);
    CHECK(keys.FamilyOf(name) == ContentKind::kAnalysis);
    CHECK(keys.StoredKeyOf(name)->digest == keys.StoredDigest(usual));
    CHECK(keys.StoredKeyOf(name)->variant == 0xabc);
    CHECK(keys.StoredKeyOf(keys.StoreKey(usual))->variant == 0);
    for (const std::string& other :
         {name + "0", name.substr(0, name.size() - 1), keys.StoreKey(usual) + ":0000000000000ABC",
          keys.StoreKey(usual) + ":0000000000000000"}) {
      CHECK_FALSE(keys.FamilyOf(other));
    }
    for (const std::string& pattern :
         {std::string("*"), std::string("analysis:*"), usual.ToString(), variant.ToString()}) {
      CAPTURE(pattern);
      const auto stored = keys.StoredPattern(*KeyPattern::Parse(pattern));
      REQUIRE(stored);
      CHECK(stored->Matches(keys.NameOf(variant)));
    }
    const auto only_variant = KeyPattern::Parse(keys.NameOf(variant));
    CHECK_FALSE(only_variant->Matches(keys.NameOf(usual)));
  }
}
