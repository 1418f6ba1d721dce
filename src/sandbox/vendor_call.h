#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json/json.h"
#include "sandbox/call_ledger.h"
#include "vcache/content/content_digest.h"
#include "vcache/http/parsing/message.h"

namespace vcache::sandbox {

class JobBoard;

/// What a vendor's adapter in the sandbox says of one call that it has read.
struct Judged {
  /// Why the vendor refuses the request, charging nothing; else empty.
  std::optional<http::Response> refusal{};
  std::int64_t cost_micros = 0;
  content::ContentDigest digest{};
  /// False: the call only announces a content, which comes by another way and is charged then.
  bool has_content = true;
  bool is_video = false;
  int frames = 1;  ///< That are analysed, for vendors that charge frames.
};

/// One vendor as the sandbox knows it: how it reads a call, and how it words each answer.
struct Vendor {
  std::string name;
  /// Reads the whole request and checks it as the vendor does.
  std::function<Judged(http::Request&)> read;
  /// The finished answer with this score (0 to 1, or whatever the mode puts in its place; empty:
  /// no score at all).
  std::function<http::Response(const Judged&, const std::optional<Json>& score, Mode mode)> answer;
  /// The vendor's wording of kRateLimit (`Retry-After: 1` is added to it), kQuota, kCredentials and
  /// kRefuseMedia.
  std::function<http::Response(Mode mode)> failure;
};

/// Whether a mode spoils the answer of a call, or that of a later look at its job.
enum class Spoiling { kNow, kLater };

/// Serves one call: behaviour, latency, reading, counting, answering.
http::Response ServeCall(CallLedger& ledger, Clock& clock, const Vendor& vendor,
                         http::Request& request, Spoiling spoiling = Spoiling::kNow);

/// Serves a question that costs nothing, such as one that only tells whether the credentials are
/// good: `answer` is the vendor's, unless the behaviour has another or spoils it. No call: it is
/// not counted, neither in the ledger nor against `Behaviour::times`.
http::Response ServeQuestion(const CallLedger& ledger, Clock& clock, const Vendor& vendor,
                             const http::Request& request, http::Response answer);

/// The finished answer as the mode makes it, spoilt or not.
http::Response AnswerOf(const Vendor& vendor, const Judged& judged, Mode mode);

/// `POST path` answers as this vendor. `ledger` and `clock` must outlive the router.
void AddCall(http::Router& router, std::string_view path, Vendor vendor, CallLedger& ledger,
             Clock& clock);

/// Whether the request bears a bearer token of any kind: the sandbox takes every one.
/// The value of a field of the query; empty when it is missing or malformed.
std::string QueryValue(const http::Request& request, std::string_view name);
bool HasBearer(const http::Request& request);

/// Whether the request bears an `x-api-key`: the sandbox takes every one.
bool HasApiKey(const http::Request& request);

/// How many words a text has for vendors that bill them; at least 1.
std::int64_t WordsOf(const std::string& text);

/// The made-up score of a content: 0 to 1 in hundredths, always the same for the same bytes.
double ScoreOf(const content::ContentDigest& digest) noexcept;

http::Response JsonAnswer(int status, const Json& body);

/// The whole body of a small request; empty when it is too large or broke off.
std::optional<std::string> ReadSmallBody(http::Request& request);

/// The digest of a body that is a file and nothing else, of any size; empty when it broke off.
std::optional<content::ContentDigest> DigestOfBody(http::Request& request);

/// The vendors' routes. `ledger` and `clock` must outlive the router.
void AddAiOrNot(http::Router& router, CallLedger& ledger, Clock& clock);
void AddCopyleaks(http::Router& router, CallLedger& ledger, Clock& clock);
void AddCustom(http::Router& router, CallLedger& ledger, JobBoard& jobs, Clock& clock);
void AddGptZero(http::Router& router, CallLedger& ledger, Clock& clock);
void AddHive(http::Router& router, CallLedger& ledger, Clock& clock);
void AddPangram(http::Router& router, CallLedger& ledger, JobBoard& jobs, Clock& clock);
void AddRealityDefender(http::Router& router, CallLedger& ledger, JobBoard& jobs, Clock& clock);
void AddSightengine(http::Router& router, CallLedger& ledger, JobBoard& jobs, Clock& clock);
void AddSapling(http::Router& router, CallLedger& ledger, Clock& clock);
void AddOpenAi(http::Router& router, CallLedger& ledger, Clock& clock);
void AddControl(http::Router& router, CallLedger& ledger);

}  // namespace vcache::sandbox
