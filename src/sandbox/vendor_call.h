#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.h"
#include "sandbox/call_ledger.h"
#include "vcache/content/content_digest.h"
#include "vcache/core/usd.h"
#include "vcache/core/vendor_table.h"
#include "vcache/http/parsing/message.h"

namespace vcache::sandbox {

class JobBoard;

/// What all routes share.
struct Parts {
  CallLedger& ledger;
  JobBoard& jobs;
  Clock& clock;
};

/// What a vendor's adapter found in one call.
struct Judged {
  /// The vendor's free refusal of the request; empty without one.
  std::optional<http::Response> refusal{};
  Usd cost{};
  content::ContentDigest digest{};
  /// False: the call only announces a content, which is sent and charged separately.
  bool has_content = true;
  bool is_video = false;
  int frames = 1;  ///< Analysed frames, for vendors that charge them.
};

/// One vendor's protocol: how it reads a call, and its answers.
struct Vendor {
  std::string name;
  /// Reads and checks the whole request like the vendor.
  std::function<Judged(http::Request&)> read;
  /// The final answer with this score: 0 to 1, the mode's replacement, or empty for no score.
  std::function<http::Response(const Judged&, const std::optional<Json>& score, Mode mode)> answer;
  /// The answer for kRateLimit (`Retry-After: 1` is added), kQuota, kCredentials and kRefuseMedia.
  std::function<http::Response(Mode mode)> failure;
};

/// A vendor's own answers for these modes.
struct Failures {
  http::Response rate_limit, quota, credentials, refuse_media;
};
http::Response FailureIn(Mode mode, Failures failures);

/// Whether a mode spoils the answer to the call, or the later result of its job.
enum class Spoiling { kNow, kLater };

/// Serves one call: behaviour, latency, reading, counting, answer.
http::Response ServeCall(const Parts& parts, const Vendor& vendor, http::Request& request,
                         Spoiling spoiling = Spoiling::kNow);

/// Serves a free request, such as a credential check. Sends `answer`, unless the behaviour replaces
/// or spoils it. Counts neither in the ledger nor in `Behaviour::times`.
http::Response ServeQuestion(const Parts& parts, const Vendor& vendor, const http::Request& request,
                             http::Response answer);

/// The final answer in this mode.
http::Response AnswerOf(const Vendor& vendor, const Judged& judged, Mode mode);

/// Makes `POST path` answer as this vendor. What `parts` refers to must outlive the router.
void AddCall(http::Router& router, std::string_view path, Vendor vendor, const Parts& parts);

/// A query field's value; empty when it is missing or malformed.
std::string QueryValue(const http::Request& request, std::string_view name);
/// Whether the request has a bearer token or an `x-api-key`; the sandbox accepts any.
bool HasBearer(const http::Request& request);
bool HasApiKey(const http::Request& request);

/// The number of words, for vendors that bill them; at least 1.
std::int64_t WordsOf(const std::string& text);

/// The invented score of a content: 0 to 1 in hundredths, always the same for the same bytes.
double ScoreOf(const content::ContentDigest& digest) noexcept;

http::Response JsonAnswer(int status, const Json& body);

/// The whole body of a small request; null when it is too large, incomplete or not JSON.
Json ReadJson(http::Request& request, const JsonLimits& limits = {});
/// The text of that name; empty when there is none.
std::string TextOf(const Json& object, std::string_view name);
content::ContentDigest DigestOfText(std::string_view text);

/// The digest of a body that is one file of any size; empty when it is incomplete.
std::optional<content::ContentDigest> DigestOfBody(http::Request& request);

/// Declares one function for each vendor (`AddHive` and so on), which adds its routes and which its
/// own file defines. What `parts` refers to must outlive the router.
#define VCACHE_DECLARE(name) void Add##name(http::Router& router, const Parts& parts);
VCACHE_BUILT_IN_VENDORS(VCACHE_DECLARE)
#undef VCACHE_DECLARE
void AddCustom(http::Router& router, const Parts& parts);
void AddControl(http::Router& router, CallLedger& ledger);

}  // namespace vcache::sandbox
