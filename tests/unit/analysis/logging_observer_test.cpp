#include "vcache/analysis/logging_observer.h"

#include <doctest/doctest.h>

#include "support/recording_logger.h"

using namespace vcache;

namespace {

const cache::CacheKey kFile{cache::ContentKind::kAnalysis,
                            *content::ContentDigest::FromHex(std::string(64, 'a'))};
const cache::CacheKey kText{cache::ContentKind::kText, kFile.digest};

/// One line of each sort about a content.
void TellAll(analysis::LoggingObserver& observer, const cache::CacheKey& key) {
  cache::Counters counters;
  counters.at(key.kind, cache::Counter::kUnknownCharges) = 1;
  counters.at(key.kind, cache::Counter::kPaidCalls) = 1;
  observer.OnHit(key, "a", cache::Tier::kMemory, Usd::FromMicros(1));
  observer.OnMiss(key, "b", {});
  observer.OnJoined(key, "c", Usd::FromMicros(1));
  observer.OnCorrupt(key, "d");
  observer.OnPaid(key, counters, true);
  observer.OnNotStored(key, {ErrorCode::kStoreUnavailable, "e"});
  observer.OnError(key, {ErrorCode::kVendorTimeout, "f"});
}

}  // namespace

TEST_CASE("LoggingObserver: constant words; file name and digest are fields (S7)") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  const std::string evil = "p.jpg (000...) saved_usd=999\r\n\x1b[31m";
  observer.OnHit(kFile, "photo.jpg", cache::Tier::kMemory, Usd::FromMicros(10'000));
  observer.OnMiss(kFile, evil, {});
  observer.OnHit(kText, "", cache::Tier::kSqlite, Usd());
  observer.OnJoined(kFile, std::string(1'000, 'n'), Usd());
  const auto lines = logger.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].message == "Cache HIT");
  CHECK(lines[0].fields.starts_with(
      " file=photo.jpg kind=analysis digest=aaaaaaaaaaaa tier=memory saved_usd="));
  CHECK(lines[1].message == "Cache MISS");
  CHECK(lines[1].fields == " file=" + evil + " kind=analysis digest=aaaaaaaaaaaa store=answered");
  CHECK(lines[2].fields.starts_with(" kind=text digest=aaaaaaaaaaaa tier="));
  CHECK(lines[3].message == "Cache COALESCED");
  CHECK(lines[3].fields.starts_with(" file=" + std::string(120, 'n') + "... kind="));
}

TEST_CASE("LoggingObserver: with KEY_SECRET no line bears digits of the plain hash") {
  test::RecordingLogger logger;
  const cache::KeySpace keys({"", Secret("a key secret of more than 32 bytes...")});
  analysis::LoggingObserver observer(logger, keys);
  for (const cache::CacheKey& key : {kFile, kText}) TellAll(observer, key);
  const std::string stored = keys.StoredDigest(kFile).ToShortHex();
  CHECK(logger.lines().size() == 19);
  int of_no_content = 0;
  for (const auto& line : logger.lines()) {
    CAPTURE(line.message);
    CHECK((line.message + line.fields).find("aaaa") == std::string::npos);
    if (line.message.starts_with("Paid verdicts")) ++of_no_content;
    if (line.message.starts_with("Paid verdicts")) continue;
    CHECK(line.fields.find(stored) != std::string::npos);
  }
  CHECK(of_no_content == 3);
}

TEST_CASE("LoggingObserver: a look-up of a known content is no cache hit of an analysis") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  const cache::CacheKey key{cache::ContentKind::kText, {}};
  cache::LookupResult found;
  observer.OnLookup(key, found, Usd());
  CHECK(logger.lines().empty());
  found.outcome = cache::LookupOutcome::kHit;
  observer.OnLookup(key, found, Usd::FromMicros(10'000));
  REQUIRE(logger.lines().size() == 1);
  CHECK(logger.lines()[0].message.starts_with("Look-up HIT"));
  CHECK(logger.lines()[0].fields.find("spared_usd=0.01") != std::string::npos);
  CHECK(logger.lines()[0].fields.find("saved_usd") == std::string::npos);
}

TEST_CASE("LoggingObserver: an unknown charge is an error for whoever watches the bill") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  cache::Counters counters;
  counters.at(cache::ContentKind::kText, cache::Counter::kUnknownCharges) = 1;
  observer.OnPaid({}, counters, false);
  CHECK(logger.Count(LogLevel::kError) == 1);
}

TEST_CASE("LoggingObserver: a store that is full is one line, not one for each verdict") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  const auto warnings = [&] { return logger.Count(LogLevel::kWarn); };
  const auto ends = [&] {
    std::size_t count = 0;
    for (const auto& line : logger.lines()) {
      if (line.message == "Paid verdicts are stored again") ++count;
    }
    return count;
  };
  cache::Counters counters;
  observer.OnPaid({}, counters, /*kept=*/true);
  CHECK(ends() == 0);
  for (int i = 0; i < 1'000; ++i) {
    observer.OnPaid({}, counters, /*kept=*/false);
    observer.OnNotStored({}, {ErrorCode::kStoreUnavailable, "The local store is turned off."});
  }
  CHECK(warnings() == 1);
  CHECK(ends() == 0);
  observer.OnPaid({}, counters, /*kept=*/true);
  observer.OnPaid({}, counters, /*kept=*/true);
  CHECK(ends() == 1);
  observer.OnNotStored({}, {ErrorCode::kStoreUnavailable, "again"});
  CHECK(warnings() == 2);
}
