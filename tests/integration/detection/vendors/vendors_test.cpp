// The adapters through the real HTTP client against the real sandbox, in every mode it knows.

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "integration/detection/running_sandbox.h"
#include "vcache/detection/detector_panel.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::MediaKind;
using sandbox::Mode;
using test::RunningSandbox;

namespace {

struct Failure {
  ErrorCode code;
  Charge charge;
};

/// What a mode must come to; empty: a verdict.
struct Case {
  Mode mode;
  std::optional<Failure> failure;
};

constexpr Failure kNonsense{ErrorCode::kVendorInvalidAnswer, Charge::kUnknown};
constexpr Failure kBroken{ErrorCode::kVendorUnavailable, Charge::kUnknown};
constexpr Failure kLater{ErrorCode::kVendorUnavailable, Charge::kNone};
constexpr Failure kRefused{ErrorCode::kVendorRefused, Charge::kNone};

/// What every vendor comes to in the same way.
std::vector<Case> CommonCases() {
  return {{Mode::kOk, std::nullopt},      {Mode::kError500, kBroken},
          {Mode::kRateLimit, kLater},     {Mode::kUnavailable, kLater},
          {Mode::kQuota, kLater},         {Mode::kCredentials, kRefused},
          {Mode::kRefuseMedia, kRefused}, {Mode::kBrokenJson, kNonsense},
          {Mode::kEmpty, kNonsense},      {Mode::kClose, kBroken},
          {Mode::kCut, kBroken},          {Mode::kNoScore, kNonsense},
          {Mode::kNullScore, kNonsense},  {Mode::kNotAScore, kNonsense},
          {Mode::kOutOfRange, kNonsense}, {Mode::kHuge, kNonsense}};
}

/// One call: it ends as expected, reaches the vendor once, and nothing the vendor charged is
/// taken for free.
void CheckCall(RunningSandbox& running, detection::Detector& vendor, MediaKind kind,
               const Case& expected,
               std::optional<std::chrono::milliseconds> video_length = std::nullopt) {
  CAPTURE(static_cast<int>(expected.mode));
  CAPTURE(vendor.provider());
  running.sandbox.Reset();
  running.Behave(expected.mode);
  detection::DetectionTask task = running.Task(kind);
  task.video_length = video_length;
  const auto detection = vendor.Detect(task, Deadline::Never());
  const auto calls = running.sandbox.calls(vendor.provider());
  CHECK(calls.total == 1);
  if (!expected.failure) {
    REQUIRE(detection);
    CHECK(detection->source.score);
    CHECK(detection->demo);
    CHECK(calls.charged == 1);
    CHECK(detection->cost == calls.cost);
    return;
  }
  REQUIRE_FALSE(detection);
  CHECK(CodeName(detection.error().code) == CodeName(expected.failure->code));
  CHECK(ChargeName(detection.error().charge) == ChargeName(expected.failure->charge));
  CHECK(detection.error().message.find("key-of-the-test") == std::string::npos);
  if (detection.error().charge == Charge::kNone) CHECK(calls.charged == 0);
}

/// A built-in vendor and a kind of content that it judges.
struct Judge {
  detection::Detector* vendor;
  MediaKind kind;
};

std::vector<Judge> Judges(const RunningSandbox& running) {
  std::vector<Judge> judges;
  for (const auto& vendor : running.vendors.values) {
    // Copyleaks keeps its login, and is asked in a case of its own.
    if (vendor == nullptr || vendor == running.copyleaks) continue;
    for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
      if (vendor->Accepts(kind)) judges.push_back({vendor.get(), kind});
    }
  }
  return judges;
}

}  // namespace

TEST_CASE("Copyleaks in the sandbox: every mode ends in the right verdict or error") {
  RunningSandbox running;
  for (const Case& expected : CommonCases()) {
    running.Connect("key-of-the-test", 10s);  // logged in anew
    CheckCall(running, *running.copyleaks, MediaKind::kText, expected);
  }
}

TEST_CASE("Custom in the sandbox: every mode ends in the right verdict or error, soon or later") {
  RunningSandbox running;
  for (Case expected : CommonCases()) {
    // Which statuses are free is configured, and 503 is none of them by default.
    if (expected.mode == Mode::kUnavailable) expected.failure = kBroken;
    for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
      CheckCall(running, *running.custom, kind, expected);
      CheckCall(running, *running.custom_jobs, kind, expected);
    }
  }
}

TEST_CASE(
    "Sightengine in the sandbox: every mode ends in the right verdict or error, long videos") {
  RunningSandbox running;
  for (const Case& expected : CommonCases()) {
    CheckCall(running, *running.sightengine, MediaKind::kVideo, expected, 90s);
  }
}

TEST_CASE("Built-in vendors in the sandbox: every mode ends in the right verdict or error") {
  RunningSandbox running;
  for (const Judge& judge : Judges(running)) {
    for (const Case& expected : CommonCases()) {
      CheckCall(running, *judge.vendor, judge.kind, expected);
    }
  }
}

TEST_CASE("Vendors in the sandbox: what fails within a 200 is no verdict, and may be billed") {
  RunningSandbox running;
  const Failure refused{ErrorCode::kVendorRefused, Charge::kUnknown};
  CheckCall(running, *running.openai, MediaKind::kText, {Mode::kTruncated, kNonsense});
  CheckCall(running, *running.openai, MediaKind::kText, {Mode::kRefusal, refused});
  CheckCall(running, *running.pangram, MediaKind::kText, {Mode::kRefusal, refused});
  for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
    CheckCall(running, *running.aiornot, kind, {Mode::kTruncated, kNonsense});
    CheckCall(running, *running.aiornot, kind, {Mode::kRefusal, refused});
  }
}

TEST_CASE("Vendors in the sandbox: the same content always has the same score, of 0 to 100") {
  RunningSandbox running;
  for (const Judge& judge : Judges(running)) {
    CAPTURE(judge.vendor->provider());
    const auto first = judge.vendor->Detect(running.Task(judge.kind), Deadline::Never());
    const auto second = judge.vendor->Detect(running.Task(judge.kind), Deadline::Never());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->source.score == second->source.score);
    CHECK(first->source.raw_score);
    CHECK(IsScore(*first->source.score));
    CHECK(first->source.provider == judge.vendor->provider());
    CHECK(first->source.frames.has_value() == first->frames_analyzed.has_value());
    CHECK_FALSE(first->source.confidence);
  }
}

TEST_CASE("Vendors in the sandbox: who judges videos frame by frame says so") {
  RunningSandbox running;
  for (const auto& vendor : {running.hive, running.sightengine}) {
    const auto video = vendor->Detect(running.Task(MediaKind::kVideo), Deadline::Never());
    REQUIRE(video);
    REQUIRE(video->source.frames);
    CHECK(video->source.frames->max == video->source.score);
    CHECK(video->source.frames->mean < video->source.frames->max);
    CHECK(video->frames_analyzed == video->source.frames->count);
    CHECK_FALSE(vendor->Detect(running.Task(MediaKind::kImage), Deadline::Never())->source.frames);
  }
}

TEST_CASE("Vendors in the sandbox: generators are named where the vendor names them") {
  RunningSandbox running;
  for (const auto& vendor : {running.aiornot, running.hive, running.sightengine}) {
    const auto image = vendor->Detect(running.Task(MediaKind::kImage), Deadline::Never());
    REQUIRE(image);
    CHECK_FALSE(image->generators.empty());
  }
}

TEST_CASE("Vendors in the sandbox: a large file arrives whole, streamed and not copied") {
  RunningSandbox running;
  content::Spool large;
  const std::string piece(1024 * 1024, 'x');
  for (int i = 0; i < 24; ++i) REQUIRE(large.Append(AsBytes(piece)));
  for (const Judge& judge : Judges(running)) {
    if (judge.kind == MediaKind::kText) continue;
    CAPTURE(judge.vendor->provider());
    detection::DetectionTask task = running.Task(judge.kind);
    task.file = &large;
    const auto detection = judge.vendor->Detect(task, Deadline::Never());
    REQUIRE(detection);
    // The score follows from the digest of what arrived; all stand-ins take it from there.
    const auto again = running.sightengine->Detect(task, Deadline::Never());
    REQUIRE(again);
    CHECK(detection->source.score == again->source.score);
  }
}

TEST_CASE("Vendors in the sandbox: an empty key is refused by each") {
  RunningSandbox running;
  running.Connect("", 10s);
  std::vector<Judge> all = Judges(running);
  all.push_back({running.copyleaks.get(), MediaKind::kText});
  all.push_back({running.custom.get(), MediaKind::kImage});
  all.push_back({running.custom_jobs.get(), MediaKind::kText});
  for (const auto& [vendor, kind] : all) {
    CAPTURE(vendor->provider());
    const auto detection = vendor->Detect(running.Task(kind), Deadline::Never());
    REQUIRE_FALSE(detection);
    CHECK(detection.error().code == ErrorCode::kVendorRefused);
    CHECK(detection.error().charge == Charge::kNone);
  }
  CHECK(running.sandbox.calls().charged == 0);
}

TEST_CASE("Vendors in the sandbox: Retry-After reaches the error") {
  RunningSandbox running;
  running.Behave(Mode::kRateLimit);
  const auto limited = running.sapling->Detect(running.Task(MediaKind::kText), Deadline::Never());
  REQUIRE_FALSE(limited);
  CHECK(limited.error().retry_after == 1s);
}

TEST_CASE("Vendors in the sandbox: a slow vendor is a time-out that may have been billed") {
  RunningSandbox running;
  sandbox::Behaviour slow;
  slow.latency = 2s;
  running.sandbox.Behave(slow);
  const auto by_deadline = running.sapling->Detect(running.Task(MediaKind::kText),
                                                   Deadline::After(running.clock, 200ms));
  REQUIRE_FALSE(by_deadline);
  CHECK(by_deadline.error().code == ErrorCode::kVendorTimeout);
  CHECK(by_deadline.error().charge == Charge::kUnknown);
  running.Connect("key-of-the-test", 200ms);
  const auto by_timeout =
      running.sightengine->Detect(running.Task(MediaKind::kImage), Deadline::Never());
  REQUIRE_FALSE(by_timeout);
  CHECK(by_timeout.error().code == ErrorCode::kVendorTimeout);
  CHECK(by_timeout.error().charge == Charge::kUnknown);
}

TEST_CASE("rule C1: a vendor that reads the call and hangs up is called once, fresh or not") {
  RunningSandbox running;
  for (const Judge& judge : Judges(running)) {
    CAPTURE(judge.vendor->provider());
    running.sandbox.Reset();
    REQUIRE(judge.vendor->Detect(running.Task(judge.kind), Deadline::Never()));
    running.Behave(Mode::kClose);
    for (std::uint64_t call = 2; call <= 4; ++call) {
      CHECK_FALSE(judge.vendor->Detect(running.Task(judge.kind), Deadline::Never()));
      CHECK(running.sandbox.calls().total == call);
      CHECK(running.sandbox.calls().charged == call);
    }
  }
}

TEST_CASE("DetectorPanel in the sandbox: two vendors judge one text, one may fail") {
  RunningSandbox running;
  const detection::DetectorPanel panel({}, {}, {running.sapling, running.openai}, running.clock);
  const auto both = panel.Judge(running.Task(MediaKind::kText), {}, Deadline::Never());
  REQUIRE(both.verdict);
  CHECK(both.verdict->provider == "sapling,openai");
  CHECK(both.verdict->demo);
  CHECK(both.paid_calls == 2);
  CHECK(both.cost == running.sandbox.calls().cost);

  sandbox::Behaviour only_openai;
  only_openai.mode = Mode::kQuota;
  only_openai.vendor = "openai";
  running.sandbox.Behave(only_openai);
  const auto one = panel.Judge(running.Task(MediaKind::kText), {}, Deadline::Never());
  REQUIRE(one.verdict);
  CHECK(one.verdict->partial);
  CHECK(one.verdict->provider == "sapling");
  CHECK(one.verdict->sources.at(1).error == "vendor_unavailable");
  CHECK(one.paid_calls == 1);
  CHECK(one.unknown_charges == 0);
}

TEST_CASE("Sightengine in the sandbox: many threads send one file at once, each whole") {
  RunningSandbox running;
  content::Spool large;
  REQUIRE(large.Append(AsBytes(std::string(3 * 1024 * 1024, 'x'))));
  detection::DetectionTask task = running.Task(MediaKind::kImage);
  task.file = &large;
  const auto expected = running.sightengine->Detect(task, Deadline::Never());
  REQUIRE(expected);
  std::vector<std::optional<double>> scores(6);
  std::vector<std::thread> threads;
  for (auto& score : scores) {
    threads.emplace_back([&running, &task, &score] {
      const auto detection = running.sightengine->Detect(task, Deadline::Never());
      if (detection) score = detection->source.score;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& score : scores) CHECK(score == expected->source.score);
  CHECK(running.sandbox.calls().total == 7);
}
