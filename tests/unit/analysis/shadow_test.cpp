// In the shadow: what the cache would have done is counted, and every request is paid for.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string_view>
#include <vector>

#include "support/gate.h"
#include "unit/analysis/shared_store_fixture.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::Analysis;
using analysis::CacheStatus;
using analysis::CacheUse;

namespace {

/// Counts what it is told of.
class ShadowCount final : public analysis::AnalysisObserver {
 public:
  void OnHit(const cache::CacheKey&, std::string_view, cache::Tier, Usd) override { ++real; }
  void OnMiss(const cache::CacheKey&, std::string_view, const cache::LookupResult&) override {
    ++real;
  }
  void OnJoined(const cache::CacheKey&, std::string_view, Usd) override { ++real; }
  void OnShadow(const cache::CacheKey&, std::string_view, bool is_hit, Usd worth) override {
    is_hit ? ++hits : ++misses;
    saved += worth;
  }
  std::atomic<int> real{0}, hits{0}, misses{0};
  Usd saved{};
};

struct ShadowFixture : test::OneVendorFixture {
  Result<Analysis> Ask(CacheUse use = {.max_age = {}, .no_store = false, .shadow = true}) {
    return service.Analyze(Content(use), Deadline::Never());
  }
  static analysis::Content Content(CacheUse use) {
    analysis::Content content = test::TextContent("a text");
    content.use = use;
    return content;
  }

  ShadowCount count;
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::TieredStore with_memory{&memory, &shared};
  analysis::AnalysisService service{with_memory,         panel, count, clock, {.ttl_text = 100s},
                                    {&shared, &notifier}};
};

}  // namespace

TEST_CASE("shadow: every request is paid for, the second would have been a hit") {
  ShadowFixture world;
  for (int i = 0; i < 3; ++i) {
    const auto answer = world.Ask();
    REQUIRE(answer);
    CHECK(answer->status == CacheStatus::kBypass);
  }
  CHECK(world.vendor->calls == 3);
  CHECK(world.count.hits == 2);
  CHECK(world.count.misses == 1);
  CHECK(world.count.real == 0);
  const auto stored = world.service.Find(ShadowFixture::Content({}).key, Deadline::Never());
  REQUIRE(stored);
  CHECK(world.count.saved == stored->entry->cost * 2);
}

TEST_CASE("shadow: an answer that would have been a hit does not begin its entry's life anew") {
  ShadowFixture world;
  REQUIRE(world.Ask());
  world.clock.Advance(60s);
  REQUIRE(world.Ask());
  CHECK(world.count.hits == 1);
  world.clock.Advance(60s);
  REQUIRE(world.Ask());
  CHECK(world.count.hits == 1);
  CHECK(world.count.misses == 2);
}

TEST_CASE("shadow: requests at the same moment share no call") {
  ShadowFixture world;
  test::Gate gate;
  world.HoldTheVendor(gate);
  std::vector<std::future<Result<Analysis>>> answers;
  for (int i = 0; i < 3; ++i) {
    const auto promise = std::make_shared<std::promise<Result<Analysis>>>();
    world.service.AnalyzeLater(
        ShadowFixture::Content({.max_age = {}, .no_store = false, .shadow = true}),
        Deadline::Never(), [promise](Result<Analysis> got) { promise->set_value(std::move(got)); });
    answers.push_back(promise->get_future());
  }
  gate.AwaitArrivals(3);
  gate.Open();
  for (auto& answer : answers) CHECK(answer.get());
  CHECK(world.vendor->calls == 3);
}

TEST_CASE("shadow: a silent store neither delays nor limits what is paid for") {
  ShadowFixture world;
  REQUIRE(world.Ask());
  world.shared.unavailable = true;
  world.clock.Advance(301s);
  REQUIRE(world.Ask());
  CHECK(world.vendor->calls == 2);
  CHECK(world.count.misses == 2);
}

TEST_CASE("shadow: what is stored serves when the shadow ends") {
  ShadowFixture world;
  REQUIRE(world.Ask());
  const auto answer = world.Ask({});
  REQUIRE(answer);
  CHECK(answer->status == CacheStatus::kHit);
  CHECK(world.vendor->calls == 1);
}
