#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"
#include "vcache/http/server/router.h"

namespace vcache::sandbox {

/// How the sandbox answers. Each mode imitates one failure of real vendors.
enum class Mode {
  kOk,
  kError500,     ///< 500 with a body that is not JSON. Not charged.
  kRateLimit,    ///< The vendor's "too many requests", with `Retry-After: 1`. Not charged.
  kUnavailable,  ///< 503 with `Retry-After: 1`, before any analysis. Not charged.
  kQuota,        ///< The vendor's "quota spent". Not charged.
  kCredentials,  ///< The vendor's "wrong key". Not charged.
  kRefuseMedia,  ///< The vendor's "cannot read this content". Not charged.
  kBrokenJson,   ///< 200 with JSON that ends in the middle. Charged.
  kEmpty,        ///< 200 without a body. Charged.
  kClose,        ///< Reads the request and closes without an answer. Charged.
  kCut,          ///< Closes in the middle of the answer. Charged.
  kNoScore,      ///< A complete answer without its score. Charged.
  kNullScore,    ///< The score is null. Charged.
  kNotAScore,    ///< The score is a text. Charged.
  kOutOfRange,   ///< The score is 7.5 on a scale up to 1. Charged.
  kTruncated,    ///< A cut answer (OpenAI), a null report (AI or Not). Charged.
  kRefusal,      ///< Refused or failed within a 200 (OpenAI, AI or Not, Pangram). Charged.
  kHuge,         ///< An answer of 5 MiB. Charged.
};

std::optional<Mode> ModeFromName(std::string_view name) noexcept;  ///< `ok`, `error500`, ...
bool IsCharged(Mode mode) noexcept;

struct Behaviour {
  Mode mode = Mode::kOk;
  std::chrono::milliseconds latency{0};
  /// For this many calls, then kOk again; empty: until changed.
  std::optional<int> times;
  /// Only for this vendor; empty: for all. Copyleaks' login fails only as `copyleaks-login`.
  std::string vendor;
  /// Analysed and charged frames of a video, for vendors that charge frames. The default is fast.
  int frames = 4;
};

struct CallCount {
  std::uint64_t total = 0;
  std::uint64_t charged = 0;
  Usd cost{};
};

/// Replaces the paid vendors in tests, benchmarks and first trials. Speaks their documented wire
/// formats, derives scores from the content's hash, and counts what a vendor would charge. Also
/// answers credential checks, which do not count as calls. Thread-safe.
///
/// The vendors' base paths are those of the table of vendors; `/custom/detect` and `/custom/jobs`
/// belong to an invented vendor. Controls: `GET /sandbox/calls`, `POST /sandbox/reset`, `POST
/// /sandbox/behaviour`. The headers `X-Sandbox-Mode` and `X-Sandbox-Latency-Ms` control a single
/// call.
class Sandbox {
 public:
  explicit Sandbox(Clock& clock, Behaviour behaviour = {});
  ~Sandbox();

  /// The routes. The sandbox must outlive the server that uses them.
  http::Router MakeRouter();

  void Behave(Behaviour behaviour);
  void Reset();
  CallCount calls() const;
  CallCount calls(std::string_view vendor) const;
  std::uint64_t max_concurrent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::sandbox
