#include "vcache/cache/entry.h"

#include <doctest/doctest.h>
#include <zstd.h>

#include "json/verdict_json.h"
#include "support/verdict_store_conformance.h"
#include "vcache/core/time_text.h"

using namespace vcache;
using namespace vcache::cache;

namespace {

const CacheKey kKey{ContentKind::kAnalysis,
                    *content::ContentDigest::FromHex(
                        "a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7")};

Entry Example() {
  Entry entry;
  entry.key = kKey;
  entry.verdict.ai_score = 87.5;
  entry.verdict.confidence = 85;
  entry.verdict.provider = "sightengine";
  entry.verdict.sources.push_back({"sightengine", 87.5, 85, {}, ScoreKind::kProbability, "", ""});
  entry.verdict.consensus = "1/1";
  entry.verdict.details = R"({"requestId":"req_A1"})";
  entry.verdict.analyzed_at = *ParseTime("2026-11-21T10:15:00Z");
  entry.stored_at = *ParseTime("2026-11-21T10:15:01Z");
  entry.cost = Usd::FromMicros(10'000);
  entry.media_type = "image/jpeg";
  entry.bytes = 61'720;
  entry.detectors = "sightengine:genai";
  return entry;
}

// The example of docs/cache-format.md.
constexpr std::string_view kGolden =
    R"({"aiScore":87.5,"isAi":true,"confidence":85.0,"verdict":{"key":"likely_ai","color":"orange"},)"
    R"("provider":"sightengine","sources":[{"provider":"sightengine","score":87.5,"confidence":85.0}],)"
    R"("consensus":"1/1","indicators":[],"details":{"requestId":"req_A1"},)"
    R"("analyzedAt":"2026-11-21T10:15:00Z","cache":{"v":1,)"
    R"("sha256":"a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7b9c2e1d4a3f7",)"
    R"("kind":"analysis","storedAt":"2026-11-21T10:15:01Z","costMicros":10000,)"
    R"("mediaType":"image/jpeg","bytes":61720,"partial":false,"detectors":"sightengine:genai"}})";

ErrorCode CodeOf(std::string_view stored, bool accept_demo = false) {
  const auto entry = DecodeEntry(stored, kKey, accept_demo);
  return entry ? ErrorCode::kInternal : entry.error().code;
}

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

std::string Zstd(const std::string& text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  frame.resize(ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 1));
  return frame;
}

Entry Large() {
  Entry entry = Example();
  for (int i = 0; i < 100; ++i) entry.verdict.indicators.push_back("smooth " + std::to_string(i));
  return entry;
}

}  // namespace

TEST_CASE("EncodeEntry: the bytes are those of docs/cache-format.md") {
  CHECK(EncodeEntry(Example()) == kGolden);
}

TEST_CASE("DecodeEntry: reads what was written, small and compressed") {
  for (const Entry& entry : {Example(), Large()}) {
    const auto back = DecodeEntry(EncodeEntry(entry), kKey, false);
    REQUIRE(back);
    CHECK(back->stored_at == entry.stored_at);
    CHECK(back->verdict.indicators == entry.verdict.indicators);
    CHECK(EncodeEntry(*back) == EncodeEntry(entry));
  }
}

TEST_CASE("DecodeEntry: what the file said of itself is kept; older entries are read without it") {
  CHECK_FALSE(DecodeEntry(kGolden, kKey, false)->verdict.provenance);
  CHECK_FALSE(DecodeEntry(kGolden, kKey, false)->verdict.video);
  Entry entry = Example();
  entry.verdict.provenance = Provenance{ProvenanceClaim::kAiGenerated, {"c2pa"}, "GPT-4o", "", {}};
  entry.verdict.video = VideoInfo{std::chrono::milliseconds(1500), {}, {}};
  const auto back = DecodeEntry(EncodeEntry(entry), kKey, false);
  REQUIRE(back);
  REQUIRE(back->verdict.provenance);
  CHECK(back->verdict.provenance->generator == "GPT-4o");
  CHECK(back->verdict.video->length == std::chrono::milliseconds(1500));
  CHECK(EncodeEntry(*back) == EncodeEntry(entry));
}

TEST_CASE("EncodeEntry: compresses from the given size up") {
  const EntryFormatOptions never{.compress_min_bytes = 1'000'000};
  CHECK(EncodeEntry(Large(), never).starts_with("{\"aiScore\""));
  const std::string frame = EncodeEntry(Large());
  CHECK(frame.starts_with("\x28\xB5\x2F\xFD"));
  CHECK(frame.size() < EncodeEntry(Large(), never).size());
  const std::size_t exact = kGolden.size();
  CHECK(EncodeEntry(Example(), {.compress_min_bytes = exact}).starts_with("\x28\xB5\x2F\xFD"));
  CHECK(EncodeEntry(Example(), {.compress_min_bytes = exact + 1}) == kGolden);
}

TEST_CASE("EncodeEntry: stays below its bound, details go first") {
  const EntryFormatOptions plain{.compress_min_bytes = SIZE_MAX};
  Entry entry = Example();
  entry.verdict.indicators = {"kept"};
  entry.verdict.details = R"({"x":")" + std::string(300'000, 'x') + R"("})";
  std::string stored = EncodeEntry(entry, plain);
  CHECK(stored.size() <= plain.max_bytes);
  auto back = DecodeEntry(stored, kKey, false);
  REQUIRE(back);
  CHECK(back->verdict.details == R"({"truncated":true})");
  CHECK(back->verdict.indicators.size() == 1);

  for (int i = 0; i < 40'000; ++i) entry.verdict.indicators.push_back(std::to_string(i) + " spots");
  entry.verdict.provider = std::string(400'000, '\x01');
  stored = EncodeEntry(entry, plain);
  CHECK(stored.size() <= plain.max_bytes);
  back = DecodeEntry(stored, kKey, false);
  REQUIRE(back);
  CHECK(back->verdict.ai_score == 87.5);
}

TEST_CASE("EncodeEntry: details as deep as they may be parsed are readable again") {
  Entry entry = Example();
  entry.verdict.details = R"({"a":)" + std::string(31, '[') + std::string(31, ']') + "}";
  const auto back = DecodeEntry(EncodeEntry(entry), kKey, false);
  REQUIRE(back);
  CHECK(back->verdict.details == entry.verdict.details);
}

TEST_CASE("EncodeEntry: names the stored digest, so that a keyed store tells nothing") {
  const auto stored_as = test::MakeKey(9).digest;
  const std::string stored = EncodeEntry(Example(), {}, stored_as);
  CHECK(stored.find(kKey.digest.ToHex()) == std::string::npos);
  const auto back = DecodeEntry(stored, kKey, false, stored_as);
  REQUIRE(back);
  CHECK(back->key == kKey);
  CHECK(CodeOf(stored) == ErrorCode::kStoreCorrupt);
}

TEST_CASE("DecodeEntry: an entry that names another content is unreadable (rule R8)") {
  const std::string golden(kGolden);
  CHECK(CodeOf(Replaced(golden, "\"sha256\":\"a3", "\"sha256\":\"b3")) == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(Replaced(golden, "\"kind\":\"analysis\"", "\"kind\":\"text\"")) ==
        ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(Replaced(golden, "\"sha256\"", "\"sha255\"")) == ErrorCode::kStoreCorrupt);
}

TEST_CASE("DecodeEntry: a newer version is read where that is possible, and told apart") {
  const std::string newer = Replaced(std::string(kGolden), "\"v\":1", "\"v\":2");
  const auto readable = DecodeEntry(newer, kKey, false);
  REQUIRE(readable);
  CHECK(readable->newer);
  CHECK(readable->verdict.ai_score == 87.5);
  CHECK_FALSE(DecodeEntry(kGolden, kKey, false)->newer);
  CHECK(CodeOf(Replaced(newer, "aiScore", "aiScores")) == kNewerVersion);
  CHECK(CodeOf(Replaced(newer, "\"kind\":\"analysis\"", "\"kind\":\"text\"")) == kNewerVersion);
}

TEST_CASE("DecodeEntry: another version, shape or score is unreadable") {
  const std::string golden(kGolden);
  CHECK(CodeOf(Replaced(golden, "\"v\":1", "\"v\":\"1\"")) == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(Replaced(golden, "87.5", "187.5")) == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(Replaced(golden, "87.5", "null")) == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(R"({"aiScore":1,"cache":true})") == ErrorCode::kStoreCorrupt);
  for (const char* garbage : {"", "garbage", "[]", "12", "{\"aiScore\":12", "\x28\xB5\x2F\xFD"}) {
    CHECK(CodeOf(garbage) == ErrorCode::kStoreCorrupt);
  }
}

TEST_CASE("DecodeEntry: demonstrations are served to a sandbox only") {
  Entry entry = Example();
  entry.verdict.demo = true;
  CHECK(CodeOf(EncodeEntry(entry)) == ErrorCode::kNotCached);
  const auto back = DecodeEntry(EncodeEntry(entry), kKey, true);
  REQUIRE(back);
  CHECK(back->verdict.demo);
  for (const char* demo : {"true", "1", "\"yes\"", "{}"}) {
    const std::string foreign = std::string(R"({"aiScore":5,"demo":)") + demo + "}";
    CHECK(CodeOf(foreign, false) == ErrorCode::kNotCached);
    CHECK(CodeOf(foreign, true) == ErrorCode::kNotCached);
  }
}

TEST_CASE("DecodeEntry: foreign entries are read by their score alone") {
  const auto entry =
      DecodeEntry(R"({"aiScore":12,"isAi":true,"verdict":{"key":"ai_generated"},"demo":false,)"
                  R"("analyzedAt":"2026-01-02T03:04:05.678Z"})",
                  kKey, false);
  REQUIRE(entry);
  CHECK(entry->key == kKey);
  CHECK_FALSE(entry->verdict.is_ai());
  CHECK(entry->verdict.key() == VerdictKey::kLikelyReal);
  CHECK(entry->stored_at == *ParseTime("2026-01-02T03:04:05Z"));
  CHECK(entry->cost == Usd());
  CHECK(entry->foreign);
  CHECK_FALSE(DecodeEntry(kGolden, kKey, false)->foreign);
  for (const char* miss : {R"({})", R"({"isAi":true})", R"({"aiScore":null})",
                           R"({"aiScore":"12"})", R"({"aiScore":101})"}) {
    CHECK(CodeOf(miss) == ErrorCode::kNotCached);
  }
}

TEST_CASE("DecodeEntry: impossible times are unknown, never an overflow") {
  for (const char* time : {"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon", "2262-01-01T",
                           "2026-13-45T99:99:99Z", "+026-01-01T00:00:00Z"}) {
    const auto entry =
        DecodeEntry(std::string(R"({"aiScore":1,"analyzedAt":")") + time + "\"}", kKey, false);
    REQUIRE(entry);
    CHECK(entry->stored_at == WallTime{});
    CHECK(entry->verdict.analyzed_at == WallTime{});
    CHECK(VerdictToJson(entry->verdict)["analyzedAt"].is_null());
    const auto again = DecodeEntry(EncodeEntry(*entry), kKey, false);  // still unknown when kept
    REQUIRE(again);
    CHECK(again->stored_at == WallTime{});
    CHECK(again->verdict.analyzed_at == WallTime{});
  }
}

TEST_CASE("DecodeEntry: a zstd bomb is refused before it unfolds (rule R10)") {
  const std::string bomb = Zstd(std::string(64 * 1024 * 1024, ' '));
  REQUIRE(bomb.size() < 64 * 1024);
  CHECK(CodeOf(bomb) == ErrorCode::kStoreCorrupt);
  const std::string golden(kGolden);
  CHECK(CodeOf(Zstd(golden)) == ErrorCode::kInternal);  // any frame of it is read
  CHECK(CodeOf(Zstd(golden) + "x") == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(Zstd(golden) + Zstd(golden)) == ErrorCode::kStoreCorrupt);
  CHECK(CodeOf(std::string(2 * 1024 * 1024, '[')) == ErrorCode::kStoreCorrupt);
}

TEST_CASE("DecodeEntry: truncated and damaged values never crash nor change a compressed verdict") {
  for (const std::string& stored : {std::string(kGolden), EncodeEntry(Large())}) {
    for (std::size_t size = 0; size < stored.size(); ++size) {
      CHECK(CodeOf(stored.substr(0, size)) == ErrorCode::kStoreCorrupt);
    }
  }
  const std::string frame = EncodeEntry(Large());
  const std::string json(kGolden);
  for (std::size_t bit = 0; bit < 8 * std::max(frame.size(), json.size()); ++bit) {
    const auto flip = [bit](std::string text) {
      const std::size_t at = bit / 8 % text.size();
      text[at] = static_cast<char>(text[at] ^ (1 << bit % 8));
      return text;
    };
    if (const auto entry = DecodeEntry(flip(frame), kKey, true)) {
      CHECK(entry->verdict.ai_score == 87.5);  // the frame has a checksum
    }
    if (const auto entry = DecodeEntry(flip(json), kKey, true)) {
      CHECK(IsScore(entry->verdict.ai_score));
    }
  }
}
