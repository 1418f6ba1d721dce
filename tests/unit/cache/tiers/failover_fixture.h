#pragma once

#include <doctest/doctest.h>

#include "support/failover_fakes.h"
#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/tiers/failover_store.h"

namespace vcache::test {

using namespace cache;                 // NOLINT: a test
using namespace std::chrono_literals;  // NOLINT: a test

inline PutRequest Paid(unsigned number) {
  PutRequest request;
  request.entry = test::MakeEntry(MakeKey(number));
  request.ttl = 600s;
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  return request;
}

inline Counters Hits(std::int64_t count) {
  Counters counters;
  counters.at(ContentKind::kAnalysis, Counter::kHits) = count;
  return counters;
}

struct FailoverFixture {
  std::int64_t paid_calls() const {
    return shared.totals.at(ContentKind::kAnalysis, Counter::kPaidCalls);
  }
  LookupOutcome Ask(unsigned number) { return store.Lookup(MakeKey(number), kNever).outcome; }
  std::size_t warnings() const { return logger.Count(LogLevel::kWarn); }
  std::size_t news() const { return logger.Count(LogLevel::kInfo); }

  test::FakeClock clock;
  test::RecordingLogger logger;
  test::FakeSharedStore shared{clock};
  test::FakeLocalStore local{clock};
  test::FakeLeaseStore leases{shared, clock};
  FailoverStore store{shared, leases, &local, clock, logger};
};

}  // namespace vcache::test
