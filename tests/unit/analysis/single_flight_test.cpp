#include "analysis/single_flight.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

#include "support/blocked_thread.h"
#include "support/gate.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using analysis::Analysis;
using analysis::SingleFlight;

namespace {

/// The first wait keeps its lock until the gate opens.
class HoldingClock final : public Clock {
 public:
  SteadyTime Now() const override { return real_.Now(); }
  WallTime WallNow() const override { return real_.WallNow(); }
  bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) override {
    if (!holds_once_.exchange(false)) return real_.WaitUntil(condition, lock, until);
    gate.Pass();
    return true;
  }

  test::Gate gate;

 private:
  SystemClock real_;
  std::atomic<bool> holds_once_{true};
};

}  // namespace

TEST_CASE("SingleFlight: a key leaves the table before its waiters are told") {
  HoldingClock clock;
  SingleFlight table({.waiters_of_one = 1, .waiters = 1}, clock);
  const cache::CacheKey key{cache::ContentKind::kText, content::DigestOf(AsBytes("told"))};
  const auto flight = table.Join(key).flight;
  std::optional<Result<Analysis>> told;
  std::thread waiter([&] {
    told = table.Wait(*flight, {Deadline::Never(), Deadline::Never(), {}});
  });
  clock.gate.AwaitArrivals(1);  // nobody can be told now
  test::BlockedThread ending;
  ending.Start([&] { table.End(key, *flight, Error{ErrorCode::kVendorTimeout, "the end"}); });
  ending.AwaitBlockedOrEnd();
  CHECK_FALSE(ending.has_ended());
  CHECK(table.AwaitEmpty(Deadline::At(clock.Now())));  // whoever asks now reaches the store
  clock.gate.Open();
  ending.Join();
  waiter.join();
  REQUIRE(told);
  CHECK(told->error().code == ErrorCode::kVendorTimeout);
}
