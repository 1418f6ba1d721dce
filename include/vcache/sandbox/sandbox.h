#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/http/server/router.h"

namespace vcache::sandbox {

/// How a stand-in answers. Each mode is one thing that real vendors do on a bad day.
enum class Mode {
  kOk,
  kError500,     ///< 500 with a body that is not JSON. Not charged.
  kRateLimit,    ///< The vendor's "too many requests", with `Retry-After: 1`. Not charged.
  kUnavailable,  ///< 503 with `Retry-After: 1`: overloaded, it did not look. Not charged.
  kQuota,        ///< The vendor's "quota spent". Not charged.
  kCredentials,  ///< The vendor's "wrong key". Not charged.
  kRefuseMedia,  ///< The vendor's "cannot read this content". Not charged.
  kBrokenJson,   ///< 200 with JSON that ends in the middle. Charged.
  kEmpty,        ///< 200 without a body. Charged.
  kClose,        ///< Reads the call and closes without an answer. Charged.
  kCut,          ///< Closes in the middle of the answer. Charged.
  kNoScore,      ///< A whole answer without its score. Charged.
  kNullScore,    ///< The score is null. Charged.
  kNotAScore,    ///< The score is a text. Charged.
  kOutOfRange,   ///< The score is 7.5 where 1 is the most. Charged.
  kTruncated,  ///< A judge's answer cut by its length (OpenAI), a null report (AI or Not). Charged.
  kRefusal,    ///< Refused or failed within a 200 (OpenAI, AI or Not, Pangram). Charged.
  kHuge,       ///< An answer of 5 MiB. Charged.
};

std::optional<Mode> ModeFromName(std::string_view name) noexcept;  ///< `ok`, `error500`, ...
std::string_view ModeName(Mode mode) noexcept;
bool IsCharged(Mode mode) noexcept;

struct Behaviour {
  Mode mode = Mode::kOk;
  std::chrono::milliseconds latency{0};
  /// For so many calls, then kOk again; empty: until changed.
  std::optional<int> times;
  /// Only for this vendor; empty: for all. Copyleaks' login is asked before each call and goes
  /// wrong only as `copyleaks-login`.
  std::string vendor;
  /// So many frames of a video are analysed and charged by the vendors that charge frames; the
  /// default is what is fast.
  int frames = 4;
};

struct CallCount {
  std::uint64_t total = 0;
  std::uint64_t charged = 0;
  std::int64_t cost_micros = 0;
};

/// A stand-in for the paid vendors, for tests, benchmarks and the first try: speaks their
/// documented wire formats, makes scores up from the content's hash, and counts what a vendor would
/// charge. Questions that only tell whether credentials are good are answered as well, and are no
/// calls. Under the router's root lie the vendors' bases `/aiornot`, `/copyleaks`, `/gptzero/v2`,
/// `/hive/api/v3`, `/openai/v1`, `/pangram`, `/realitydefender`, `/sapling` and `/sightengine/1.0`,
/// a vendor that does not exist (`/custom/detect`, `/custom/jobs`), and the switches: `GET
/// /sandbox/calls`, `POST /sandbox/reset`, `POST /sandbox/behaviour`. A single call is steered by
/// the headers `X-Sandbox-Mode` and `X-Sandbox-Latency-Ms`. Thread-safe.
class Sandbox {
 public:
  /// The clock must outlive the sandbox.
  explicit Sandbox(Clock& clock, Behaviour behaviour = {});
  ~Sandbox();

  /// The routes; the sandbox must outlive whoever serves them.
  http::Router MakeRouter();

  void Behave(Behaviour behaviour);
  void Reset();
  CallCount calls() const;
  CallCount calls(std::string_view vendor) const;
  /// The most calls that were under way at the same time.
  std::uint64_t max_concurrent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::sandbox
