// The journal of paid calls, as the analysis keeps it.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/fake_clock.h"
#include "support/gated_detector.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

/// What happened, in order, told by all parts of a bench.
class Diary {
 public:
  void Note(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  Words lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  Words lines_;  // guarded by mutex_
};

class ToldJournal final : public cache::CallJournal {
 public:
  explicit ToldJournal(Diary& diary) : diary_(diary) {}
  std::atomic<bool> broken{false};
  cache::CallNote last{};
  std::string last_key{};

  Result<void> Begin(const cache::CacheKey& key, const cache::CallNote& note, Deadline) override {
    last = note;
    last_key = key.ToString();
    diary_.Note("begin");
    if (broken) return Error{ErrorCode::kStoreUnavailable, "The disk is full."};
    return {};
  }
  Result<void> End(const std::string& id, Deadline) override {
    diary_.Note(id == last.id ? "end" : "end of another");
    if (broken) return Error{ErrorCode::kStoreUnavailable, "The disk is full."};
    return {};
  }
  Result<std::vector<cache::CallNote>> TakeUnfinished(Deadline) override {
    return std::vector<cache::CallNote>{};
  }

 private:
  Diary& diary_;
};

/// Notes when a cost is counted.
class ToldObserver final : public analysis::AnalysisObserver {
 public:
  explicit ToldObserver(Diary& diary) : diary_(diary) {}
  void OnPaid(const cache::CacheKey&, const cache::Counters&, bool) override {
    diary_.Note("counted");
  }

 private:
  Diary& diary_;
};

struct JournalFixture {
  explicit JournalFixture(bool with_vendor = true) {
    vendor->answer = [this](const auto&) -> Result<detection::Detection> {
      diary.Note("call");
      if (vendor_fails) return Error{ErrorCode::kVendorUnavailable, "away"};
      return vendor->Verdict(70);
    };
    if (with_vendor) members.push_back(vendor);
    panel.emplace(members, members, members, clock);
    service.emplace(tiers, *panel, observer, clock, analysis::AnalysisOptions{},
                    analysis::Safeguards{.journal = &journal});
  }
  Result<analysis::Analysis> Ask(std::string_view text) {
    analysis::Content content;
    content.key = {cache::ContentKind::kText, content::DigestOf(AsBytes(text))};
    content.text = text;
    return service->Analyze(content, Deadline::Never());
  }

  test::FakeClock clock;
  Diary diary;
  ToldJournal journal{diary};
  ToldObserver observer{diary};
  bool vendor_fails = false;
  std::shared_ptr<test::GatedDetector> vendor = std::make_shared<test::GatedDetector>();
  std::vector<std::shared_ptr<detection::Detector>> members;
  std::optional<detection::DetectorPanel> panel;
  cache::MemoryStore verdicts{{.max_ttl = 0s}, clock};
  cache::TieredStore tiers{nullptr, &verdicts};
  std::optional<analysis::AnalysisService> service;
};

}  // namespace

TEST_CASE("Journal: a call is noted before it and struck out after its cost is counted") {
  JournalFixture bench;
  REQUIRE(bench.Ask("new"));
  CHECK(bench.diary.lines() == Words{"begin", "call", "counted", "end"});
  CHECK(bench.journal.last.id.size() == 32);
  CHECK(bench.journal.last.kind == cache::ContentKind::kText);
  CHECK(bench.journal.last.price == Usd::FromMicros(10'000));
  CHECK(bench.journal.last.begun == bench.clock.WallNow());
  CHECK(bench.journal.last_key.rfind("text:", 0) == 0);
  REQUIRE(bench.Ask("new"));  // a hit is no call
  CHECK(bench.diary.lines().size() == 4);
}

TEST_CASE("Journal: a call that failed has an end too") {
  JournalFixture bench;
  bench.vendor_fails = true;
  CHECK_FALSE(bench.Ask("refused"));
  CHECK(bench.diary.lines() == Words{"begin", "call", "counted", "end"});
}

TEST_CASE("Journal: where nobody judges, nothing is noted") {
  JournalFixture bench(/*with_vendor=*/false);
  const auto answer = bench.Ask("for nobody");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kVendorNotConfigured);
  CHECK(bench.diary.lines() == Words{"counted"});
}

TEST_CASE("Journal: one that cannot be written stops no call") {
  JournalFixture bench;
  bench.journal.broken = true;
  const auto answer = bench.Ask("new");
  REQUIRE(answer);
  CHECK(answer->stored);
  CHECK(bench.diary.lines() == Words{"begin", "call", "counted"});
}
