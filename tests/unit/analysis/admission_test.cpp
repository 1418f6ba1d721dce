// What may be paid for at all: the file is looked into first, then limits and budget are asked.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/faulty_store.h"
#include "support/never.h"
#include "support/provenance_files.h"
#include "support/recording_logger.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test
using namespace std::chrono_literals;
using content::MediaType;

namespace {

constexpr Usd kFramePrice = Usd::FromMicros(10'000);
constexpr Usd kDollar = Usd::FromMicros(1'000'000);

/// A vendor that charges a frame a second, and 1,800 frames at most.
class FrameVendor final : public detection::Detector {
 public:
  explicit FrameVendor(std::string name = "frames") : name_(std::move(name)) {}

  std::atomic<int> calls{0};
  std::atomic<std::int64_t> billed{0};  ///< All micros that it ever charged.
  std::int64_t frames = 1;              ///< That it analyses.

  std::string_view provider() const noexcept override { return name_; }
  bool Accepts(detection::MediaKind) const noexcept override { return true; }
  std::string Fingerprint(detection::MediaKind) const override { return name_ + "/1"; }
  Usd Price(const detection::DetectionTask& task) const noexcept override {
    if (task.kind != detection::MediaKind::kVideo) return kFramePrice;
    if (!task.video_length || task.video_may_be_longer) return kFramePrice * 1'800;
    return kFramePrice * std::chrono::ceil<std::chrono::seconds>(*task.video_length).count();
  }
  Result<detection::Detection> Detect(const detection::DetectionTask&, Deadline) override {
    ++calls;
    detection::Detection detection;
    detection.source.provider = name_;
    detection.source.score = 20;
    detection.cost = kFramePrice * frames;
    billed += detection.cost.micros();
    return detection;
  }

 private:
  const std::string name_;
};

/// A movie of that length whose every sample is counted; `seed` makes its bytes differ.
std::string CountedMp4(std::uint64_t ms, std::uint64_t seed = 0) {
  const std::string tables =
      Box("stts", Zeros(4) + Be(1, 4) + Be(1, 4) + Be(ms, 4)) + Box("stsz", Zeros(8) + Be(1, 4));
  const std::string media = Box("mdhd", Zeros(12) + Be(1000, 4) + Be(ms, 4) + Zeros(4)) +
                            Box("hdlr", Zeros(8) + std::string("vide") + Zeros(13)) +
                            Box("minf", Box("stbl", tables));
  return FtypBox() + Box("moov", MvhdBox(1000, ms) + Box("trak", Box("mdia", media))) +
         Box("mdat", Be(seed, 8));
}

const std::string kDeclared = Jpeg(JumbfSegments(AiStore()));

analysis::Content FileOf(const std::string& bytes, MediaType type) {
  analysis::Content content;
  content.key = {cache::ContentKind::kAnalysis, content::DigestOf(AsBytes(bytes))};
  content.media_type = type;
  auto spool = std::make_shared<content::Spool>();
  REQUIRE(spool->Append(AsBytes(bytes)));
  content.file = std::move(spool);
  content.bytes = bytes.size();
  return content;
}

struct ToldFailures final : analysis::AnalysisObserver {
  std::atomic<int> misses{0};
  void OnMiss(const cache::CacheKey&, std::string_view, const cache::LookupResult&) override {
    ++misses;
  }
};

struct NotedCalls final : cache::CallJournal {
  std::atomic<int> begun{0};
  std::atomic<Usd> price;
  Result<void> Begin(const cache::CacheKey&, const cache::CallNote& note, Deadline) override {
    ++begun;
    price = note.price;
    return {};
  }
  Result<void> End(const std::string&, Deadline) override { return {}; }
  Result<std::vector<cache::CallNote>> TakeUnfinished(Deadline) override {
    return std::vector<cache::CallNote>();
  }
};

/// Two replicas that share a store, leases and a budget, each with a vendor of its own account.
struct Admission {
  explicit Admission(analysis::AnalysisOptions options = {}, Usd daily = kDollar,
                     ProvenanceMode provenance = ProvenanceMode::kDecide, bool with_second = false)
      : panel({vendor}, Members(with_second), {vendor}, clock, {provenance}),
        budget(sums, clock, logger, {.all = {.daily = daily}}) {
    service = Start(options);
  }
  std::vector<std::shared_ptr<detection::Detector>> Members(bool with_second) const {
    if (with_second) return {vendor, second};
    return {vendor};
  }
  std::unique_ptr<analysis::AnalysisService> Start(analysis::AnalysisOptions options) {
    return std::make_unique<analysis::AnalysisService>(
        tiers, panel, observer, clock, options,
        analysis::Safeguards{&shared, &notifier, &budget, &journal});
  }
  Result<analysis::Analysis> Ask(const std::string& bytes, MediaType type = MediaType::kMp4) {
    return service->Analyze(FileOf(bytes, type), Deadline::Never());
  }
  ErrorCode Refused(const std::string& bytes, MediaType type = MediaType::kMp4) {
    const auto answer = Ask(bytes, type);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().charge == Charge::kNone);
    return answer.error().code;
  }
  Usd Spent() {
    const std::vector<cache::BudgetWindow> windows = {{"2026-01-01", 1s}};
    return sums.Read(windows, kNever)->front();
  }

  FakeClock clock;
  RecordingLogger logger;
  std::shared_ptr<FrameVendor> vendor = std::make_shared<FrameVendor>();
  std::shared_ptr<FrameVendor> second = std::make_shared<FrameVendor>("second");
  detection::DetectorPanel panel;
  cache::MemoryStore verdicts{{.max_ttl = 0s}, clock};
  FakeLeaseStore shared{verdicts, clock};
  cache::TieredStore tiers{nullptr, &shared};
  cache::LeaseNotifier notifier{cache::KeySpace(), clock};
  cache::MemoryBudgetStore sums;
  analysis::Budget budget;
  ToldFailures observer;
  NotedCalls journal;
  std::unique_ptr<analysis::AnalysisService> service;
};

}  // namespace

TEST_CASE("Admission: a video is reckoned by its length before anything is set aside") {
  Admission world;
  world.vendor->frames = 1'800;
  CHECK(world.Refused(CountedMp4(1'800'000)) == ErrorCode::kBudgetExhausted);
  CHECK(world.vendor->calls == 0);
  CHECK(world.Spent() == Usd());
  world.vendor->frames = 30;
  CHECK(world.Ask(CountedMp4(30'000)));
  CHECK(world.Spent() == kFramePrice * 30);
  CHECK(world.journal.price.load() == kFramePrice * 30);
}

TEST_CASE("Admission: a length that nothing proves is reckoned as the longest") {
  Admission world;
  const std::string in_fragments =
      FtypBox() + Box("moov", MvhdBox(1000, 0) + Box("mvex", Box("mehd", Zeros(4) + Be(1'000, 4))));
  for (const auto& [bytes, type] : std::vector<std::pair<std::string, MediaType>>{
           {in_fragments, MediaType::kMp4},     // it claims one second
           {Mp4(1'000), MediaType::kMp4},       // nothing to count
           {FtypBox(), MediaType::kMp4},        // says nothing
           {Webm(1'000), MediaType::kWebm},     //
           {WebmHeader(), MediaType::kWebm},    //
           {Avi(40'000, 25), MediaType::kAvi},  //
           {Zeros(100), MediaType::kMpeg}}) {
    CHECK(world.Refused(bytes, type) == ErrorCode::kBudgetExhausted);
  }
  CHECK(world.vendor->calls == 0);
  CHECK(world.Spent() == Usd());
}

TEST_CASE("Admission: of fifty videos at once no more is paid for than the budget has") {
  Admission world;
  world.vendor->frames = 30;
  std::atomic<int> paid{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> crowd;
  for (std::uint64_t i = 0; i < 50; ++i) {
    crowd.emplace_back([&, i] {
      const auto answer =
          world.service->Analyze(FileOf(CountedMp4(30'000, i), MediaType::kMp4), Deadline::Never());
      ++(answer ? paid : refused);
    });
  }
  for (std::thread& upload : crowd) upload.join();
  CHECK(paid == 3);
  CHECK(refused == 47);
  CHECK(world.vendor->billed == (kFramePrice * 90).micros());
  CHECK(world.Spent() == kFramePrice * 90);
}

TEST_CASE("Admission: what a vendor charges above its price is seen by the next call") {
  Admission world;
  world.vendor->frames = 95;  // of a video of 10 s
  CHECK(world.Ask(CountedMp4(10'000)));
  CHECK(world.logger.Count(LogLevel::kError) == 1);
  CHECK(world.Spent() == kFramePrice * 95);
  CHECK(world.Refused(CountedMp4(10'000, 1)) == ErrorCode::kBudgetExhausted);
  CHECK(world.Ask(CountedMp4(5'000)));  // five cents are left
}

TEST_CASE("Admission: a consensus sets aside what all of its vendors can charge") {
  Admission world({}, kDollar, ProvenanceMode::kOff, true);
  CHECK(world.Refused(CountedMp4(51'000)) == ErrorCode::kBudgetExhausted);
  CHECK(world.vendor->calls + world.second->calls == 0);
  CHECK(world.Ask(CountedMp4(50'000)));
  CHECK(world.vendor->calls + world.second->calls == 2);
}

TEST_CASE("Admission: a video over the limit is refused, and nothing waits or is told for it") {
  Admission world({.longest_video = 60s}, kDollar * 1'000);
  const auto refused = world.Ask(CountedMp4(61'000));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kVideoTooLong);
  CHECK(refused.error().charge == Charge::kNone);
  CHECK_FALSE(refused.error().retry_after);
  CHECK(refused.error().message ==
        "The video is 61 seconds long, by what its file says; videos of up to 60 seconds are "
        "analysed.");
  CHECK(world.vendor->calls == 0);
  CHECK(world.journal.begun == 0);
  CHECK(world.observer.misses == 0);
  // No pause, and no note of a failure: a replica without the limit pays at once.
  const auto elsewhere = world.Start({});
  CHECK(elsewhere->Analyze(FileOf(CountedMp4(61'000), MediaType::kMp4), Deadline::Never()));
  // What is known is answered, however long it is.
  CHECK(world.Ask(CountedMp4(61'000))->status == analysis::CacheStatus::kHit);
  CHECK(world.Ask(CountedMp4(60'900)));  // less than a second more
}

TEST_CASE("Admission: a video that does not say its length is as long as its bytes may last") {
  Admission world({.longest_video = 60s}, kDollar * 1'000);
  CHECK(world.Ask(WebmHeader() + std::string(400'000, 'x'), MediaType::kWebm));
  const auto refused = world.Ask(WebmHeader() + std::string(500'000, 'x'), MediaType::kWebm);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kVideoTooLong);
  CHECK(refused.error().message.find("does not say how long it is") != std::string::npos);
  CHECK(world.Ask(Jpeg(std::string(500'000, 'x')), MediaType::kJpeg));  // no video
}

TEST_CASE("Admission: what one analysis may cost bounds all of its vendors together") {
  Admission world({.dearest_call = Usd::FromMicros(600'000)}, kDollar * 1'000, ProvenanceMode::kOff,
                  true);
  const auto refused = world.Ask(CountedMp4(31'000));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooExpensive);
  CHECK(refused.error().charge == Charge::kNone);
  CHECK_FALSE(refused.error().retry_after);
  CHECK(refused.error().message ==
        "This analysis may cost up to 0.62 USD, more than the 0.60 USD that one may cost; it is "
        "never paid for.");
  CHECK(world.vendor->calls + world.second->calls == 0);
  CHECK(world.Ask(CountedMp4(30'000)));
}

TEST_CASE("Admission: what a file's own claim decides needs no budget and no leave to pay") {
  Admission world({.outage_calls_per_minute = 1, .dearest_call = Usd::FromMicros(1)},
                  Usd::FromMicros(1));
  CHECK(world.Refused(Jpeg("a"), MediaType::kJpeg) == ErrorCode::kTooExpensive);
  const auto free_of_charge = world.Ask(kDeclared, MediaType::kJpeg);
  REQUIRE(free_of_charge);
  CHECK(free_of_charge->entry->verdict.provider == "provenance");
  CHECK(world.journal.begun == 0);
  CHECK(world.Spent() == Usd());
}

TEST_CASE("Admission: what costs nothing uses up no call of an outage") {
  Admission world({.outage_calls_per_minute = 1});
  world.shared.unavailable = true;
  for (int i = 0; i < 3; ++i) CHECK(world.Ask(kDeclared, MediaType::kJpeg));
  CHECK(world.Ask(Jpeg("a"), MediaType::kJpeg));
  CHECK(world.Refused(Jpeg("b"), MediaType::kJpeg) == ErrorCode::kOverloaded);
  CHECK(world.Ask(kDeclared, MediaType::kJpeg));
  CHECK(world.vendor->calls == 1);
}

TEST_CASE("Admission: what the budget refuses uses up no call of an outage, nor the other way") {
  Admission world({.outage_calls_per_minute = 1}, Usd());  // no money
  world.shared.unavailable = true;
  for (int i = 0; i < 3; ++i) {
    CHECK(world.Refused(Jpeg(std::to_string(i)), MediaType::kJpeg) == ErrorCode::kBudgetExhausted);
  }
  Admission rich({.outage_calls_per_minute = 1});
  rich.shared.unavailable = true;
  CHECK(rich.Ask(Jpeg("a"), MediaType::kJpeg));
  const auto spent = rich.Spent();
  CHECK(rich.Refused(Jpeg("b"), MediaType::kJpeg) == ErrorCode::kOverloaded);
  CHECK(rich.Spent() == spent);
}
