#include "vcache/api/rate_limits.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "support/fake_clock.h"
#include "vcache/api/rate_sharing.h"

using namespace vcache;
using namespace std::chrono_literals;
using api::Quota;
using api::RateLimitOptions;
using api::RateLimits;
using test::FakeClock;

namespace {

RateLimitOptions Allowing(std::uint64_t each, bool shared = false) {
  RateLimitOptions options;
  options.limits = {each, each, each, each, each};
  options.shared = shared;
  return options;
}

std::size_t Taken(RateLimits& limits, Quota quota, int tries, const std::string& caller = "c") {
  std::size_t taken = 0;
  for (int i = 0; i < tries; ++i) taken += limits.Take(quota, caller) ? 0 : 1;
  return taken;
}

void ToNextMinute(FakeClock& clock) {
  const auto now = clock.WallNow().time_since_epoch();
  clock.Advance(std::chrono::ceil<std::chrono::milliseconds>(1min - now % 1min));
}

/// What the replicas of a test share.
class SharedSums final : public cache::RateStore {
 public:
  Result<std::vector<std::uint64_t>> Exchange(std::span<const cache::RateChange> changes,
                                              Deadline) override {
    ++exchanges;
    if (fails) return Error{ErrorCode::kStoreUnavailable, "away"};
    std::vector<std::uint64_t> sums;
    for (const auto& change : changes) {
      CHECK(change.life > 60s);
      CHECK(change.field.find("user") == std::string::npos);
      sums.push_back(held[change.window + change.field] += change.added);
    }
    return sums;
  }
  bool available() const noexcept override { return is_there; }

  std::map<std::string, std::uint64_t> held{};
  int exchanges = 0;
  bool fails = false;
  bool is_there = true;
};

}  // namespace

TEST_CASE("RateLimits: so many in a minute, each caller and each quota for itself") {
  FakeClock clock;
  RateLimits limits(Allowing(5), clock);
  CHECK(Taken(limits, Quota::kLookUps, 9) == 5);
  CHECK(Taken(limits, Quota::kLookUps, 9, "other") == 5);
  CHECK(Taken(limits, Quota::kAnalyses, 9) == 5);
  CHECK(limits.State(Quota::kLookUps, "c").left == 0);
  CHECK(limits.State(Quota::kLookUps, "nobody").left == 5);
}

TEST_CASE("RateLimits: 0 is no limit, and costs no memory") {
  FakeClock clock;
  RateLimits limits(Allowing(0), clock);
  CHECK(Taken(limits, Quota::kPaidDay, 1'000) == 1'000);
  CHECK(limits.Count(Quota::kTries, "c") == 0);
  CHECK(limits.callers() == 0);
}

TEST_CASE("RateLimits: a minute slides, so that its turn is no way around it") {
  FakeClock clock;
  ToNextMinute(clock);
  RateLimits limits(Allowing(60), clock);
  clock.Advance(59s);
  CHECK(Taken(limits, Quota::kAnalyses, 100) == 60);
  clock.Advance(1s);
  CHECK(Taken(limits, Quota::kAnalyses, 100) <= 1);
  clock.Advance(30s);
  const std::size_t later = Taken(limits, Quota::kAnalyses, 100);
  CHECK(later >= 28);
  CHECK(later <= 31);
}

TEST_CASE("RateLimits: the wait that it names is long enough, and hardly longer") {
  for (const std::uint64_t limit : {1, 2, 7, 60, 1'000}) {
    for (const auto offset : {0s, 13s, 59s}) {
      FakeClock clock;
      ToNextMinute(clock);
      clock.Advance(offset);
      RateLimits limits(Allowing(limit), clock);
      Taken(limits, Quota::kLookUps, static_cast<int>(limit));
      const auto wait = limits.Take(Quota::kLookUps, "c");
      REQUIRE(wait);
      CHECK(*wait <= 120s);
      clock.Advance(*wait);
      CHECK_FALSE(limits.Take(Quota::kLookUps, "c"));
      // Again, now with a minute before.
      while (!limits.Take(Quota::kLookUps, "c")) {
      }
      const auto again = limits.Take(Quota::kLookUps, "c");
      REQUIRE(again);
      clock.Advance(*again);
      CHECK_FALSE(limits.Take(Quota::kLookUps, "c"));
    }
  }
}

TEST_CASE("RateLimits: a day is the UTC day") {
  FakeClock clock;
  RateLimits limits(Allowing(3), clock);
  CHECK(Taken(limits, Quota::kPaidDay, 9) == 3);
  const auto wait = limits.Take(Quota::kPaidDay, "c");
  REQUIRE(wait);
  CHECK((clock.WallNow() + *wait).time_since_epoch() % 24h < 1s);
  clock.Advance(*wait - 1s);
  CHECK(Taken(limits, Quota::kPaidDay, 9) == 0);
  clock.Advance(1s);
  CHECK(Taken(limits, Quota::kPaidDay, 9) == 3);
}

TEST_CASE("RateLimits: what is given back may be taken again, and looking takes nothing") {
  FakeClock clock;
  RateLimits limits(Allowing(1), clock);
  CHECK_FALSE(limits.Look(Quota::kPaidMinute, "c"));
  CHECK_FALSE(limits.Take(Quota::kPaidMinute, "c"));
  CHECK(limits.Look(Quota::kPaidMinute, "c"));
  limits.GiveBack(Quota::kPaidMinute, "c");
  CHECK_FALSE(limits.Take(Quota::kPaidMinute, "c"));
  limits.GiveBack(Quota::kPaidMinute, "stranger");
}

TEST_CASE("RateLimits: a limit of the caller's own takes the place of the general one") {
  FakeClock clock;
  RateLimits limits(Allowing(0), clock);
  CHECK_FALSE(limits.Take(Quota::kAnalyses, "key:a", 1));
  CHECK(limits.Take(Quota::kAnalyses, "key:a", 1));
  CHECK_FALSE(limits.Take(Quota::kAnalyses, "key:b"));
}

TEST_CASE("RateLimits: of too many callers the quietest is forgotten") {
  FakeClock clock;
  RateLimitOptions options = Allowing(1);
  options.max_callers = 3;
  RateLimits limits(options, clock);
  for (const char* caller : {"a", "b", "c"}) limits.Take(Quota::kLookUps, caller);
  CHECK(limits.Take(Quota::kLookUps, "a"));
  CHECK_FALSE(limits.Take(Quota::kLookUps, "d"));
  CHECK(limits.callers() == 3);
  CHECK(limits.Look(Quota::kLookUps, "a"));
  CHECK_FALSE(limits.Look(Quota::kLookUps, "b"));
}

TEST_CASE("RateSharing: replicas limit a caller together, with one command each ten seconds") {
  FakeClock clock;
  ToNextMinute(clock);
  SharedSums sums;
  RateLimits one(Allowing(10, true), clock);
  RateLimits two(Allowing(10, true), clock);
  api::RateSharing first(one, sums, clock);
  api::RateSharing second(two, sums, clock);
  CHECK(Taken(one, Quota::kPaidMinute, 6, "user:1") == 6);
  CHECK(Taken(two, Quota::kPaidMinute, 2, "user:1") == 2);
  CHECK(Taken(two, Quota::kPaidDay, 1, "user:1") == 1);
  CHECK(first.Exchange() == 10s);
  CHECK(second.Exchange() == 10s);
  CHECK(sums.exchanges == 2);
  CHECK(two.State(Quota::kPaidMinute, "user:1").left == 2);
  CHECK(Taken(two, Quota::kPaidMinute, 5, "user:1") == 2);
  second.Exchange();
  CHECK(Taken(one, Quota::kPaidMinute, 1, "user:1") == 1);  // it has not heard of the last two
  first.Exchange();
  CHECK(Taken(one, Quota::kPaidMinute, 5, "user:1") == 0);
  CHECK(first.Exchange() == 1s);  // nothing was counted: no command
  CHECK(sums.exchanges == 4);
}

TEST_CASE("RateSharing: an outage costs no command, and what was counted is told later") {
  FakeClock clock;
  ToNextMinute(clock);
  SharedSums sums;
  RateLimits limits(Allowing(10, true), clock);
  api::RateSharing sharing(limits, sums, clock);
  sums.is_there = false;
  CHECK(Taken(limits, Quota::kPaidDay, 20) == 10);
  CHECK(sharing.Exchange() == 1s);
  CHECK(sums.exchanges == 0);
  sums.is_there = true;
  sharing.Exchange();
  REQUIRE(sums.held.size() == 1);
  CHECK(sums.held.begin()->second == 10);
  // A failure is not repeated, and a store that lost its data knows less than the replica.
  sums.fails = true;
  clock.Advance(24h);
  CHECK(Taken(limits, Quota::kPaidDay, 4) == 4);
  sharing.Exchange();
  sums.fails = false;
  sums.held.clear();
  CHECK(Taken(limits, Quota::kPaidDay, 1) == 1);
  sharing.Exchange();
  CHECK(limits.State(Quota::kPaidDay, "c").left == 5);
}

TEST_CASE("RateSharing: more callers than one command takes come with the next") {
  FakeClock clock;
  RateLimits limits(Allowing(10, true), clock);
  for (int i = 0; i < 3'000; ++i) limits.Take(Quota::kLookUps, std::to_string(i));
  const std::size_t first = limits.TakeChanges(2'000).size();
  CHECK(first <= 2'000);
  CHECK(first + limits.TakeChanges(2'000).size() == 3'000);
  CHECK(limits.TakeChanges(2'000).empty());
}
