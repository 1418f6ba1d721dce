#include "vcache/analysis/logging_observer.h"

#include <doctest/doctest.h>

#include "support/recording_logger.h"

using namespace vcache;

TEST_CASE("LoggingObserver: tells hits and misses by file name and digest, escaped (S7)") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  const cache::CacheKey key{cache::ContentKind::kAnalysis,
                            *content::ContentDigest::FromHex(std::string(64, 'a'))};
  observer.OnHit(key, "photo.jpg", cache::Tier::kMemory, 10'000);
  observer.OnMiss(key, "evil\r\nname\x1b[31m.jpg", {});
  observer.OnHit({cache::ContentKind::kText, key.digest}, "", cache::Tier::kSqlite, 0);
  const auto lines = logger.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].message == "Cache HIT for photo.jpg (aaaaaaaaaaaa...)");
  CHECK(lines[0].fields.find("tier=memory") != std::string::npos);
  CHECK(lines[1].message == "Cache MISS for evil\\x0d\\x0aname\\x1b[31m.jpg (aaaaaaaaaaaa...)");
  CHECK(lines[2].message == "Cache HIT for a text (aaaaaaaaaaaa...)");
}

TEST_CASE("LoggingObserver: a look-up of a known content is no cache hit of an analysis") {
  test::RecordingLogger logger;
  analysis::LoggingObserver observer(logger);
  const cache::CacheKey key{cache::ContentKind::kText, {}};
  cache::LookupResult found;
  observer.OnLookup(key, found, 0);
  CHECK(logger.lines().empty());
  found.outcome = cache::LookupOutcome::kHit;
  observer.OnLookup(key, found, 10'000);
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
