#include "sandbox/vendor_call.h"

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <utility>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"
#include "vcache/core/parse_number.h"

namespace vcache::sandbox {
namespace {

constexpr std::size_t kSmallBody = 1024 * 1024;

/// A call's own headers override the sandbox's behaviour.
Behaviour Steered(Behaviour behaviour, const http::Headers& headers) {
  if (const auto name = headers.Get("X-Sandbox-Mode")) {
    behaviour.mode = ModeFromName(*name).value_or(behaviour.mode);
  }
  if (const auto text = headers.Get("X-Sandbox-Latency-Ms")) {
    behaviour.latency = std::chrono::milliseconds(ParseNumber<int>(*text).value_or(0));
  }
  return behaviour;
}

void Sleep(Clock& clock, std::chrono::milliseconds latency) {
  if (latency <= std::chrono::milliseconds(0)) return;
  clock.SleepUntil(clock.Now() + latency);
}

std::optional<Json> ScoreFor(Mode mode, const Judged& judged) {
  switch (mode) {
    case Mode::kNoScore:
      return std::nullopt;
    case Mode::kNullScore:
      return Json(nullptr);
    case Mode::kNotAScore:
      return Json("very likely");
    case Mode::kOutOfRange:
      return Json(7.5);
    default:
      return Json(ScoreOf(judged.digest));
  }
}

http::Response Error500() {
  http::Response response;
  response.status = 500;
  response.headers.Add("Content-Type", "text/html");
  response.body = "<html><body>Internal Server Error</body></html>";
  return response;
}

http::Response Spoil(Mode mode, http::Response good) {
  switch (mode) {
    case Mode::kBrokenJson:
      good.body.resize(good.body.size() / 2);
      break;
    case Mode::kEmpty:
      good.body.clear();
      break;
    case Mode::kClose:
      good.cut_after = 0;
      break;
    case Mode::kCut:
      // Cuts within the body, whatever the head's length: pads the body first.
      good.body.resize(std::max<std::size_t>(good.body.size(), 4096), ' ');
      good.cut_after = 2048;
      break;
    case Mode::kHuge:
      good.body.append(5 * 1024 * 1024, ' ');
      break;
    default:
      break;
  }
  return good;
}

/// The failures before any analysis; empty for every other mode.
std::optional<http::Response> FailureAtOnce(const Vendor& vendor, Mode mode) {
  switch (mode) {
    case Mode::kError500:
      return Error500();
    case Mode::kRateLimit: {
      http::Response response = vendor.failure(mode);
      response.headers.Set("Retry-After", "1");
      return response;
    }
    case Mode::kUnavailable: {
      http::Response response = Error500();
      response.status = 503;
      response.headers.Set("Retry-After", "1");
      return response;
    }
    case Mode::kQuota:
    case Mode::kCredentials:
      return vendor.failure(mode);
    default:
      return std::nullopt;
  }
}

/// Counts the end of a call, also after an exception.
class Under {
 public:
  explicit Under(CallLedger& ledger) : ledger_(ledger) {}
  ~Under() { ledger_.End(); }
  Under(const Under&) = delete;
  Under& operator=(const Under&) = delete;

 private:
  CallLedger& ledger_;
};

}  // namespace

http::Response ServeCall(CallLedger& ledger, Clock& clock, const Vendor& vendor,
                         http::Request& request, Spoiling spoiling) {
  const Behaviour behaviour = Steered(ledger.Begin(vendor.name), request.info.headers);
  const Under under(ledger);
  Judged judged = vendor.read(request);
  if (judged.refusal) {
    Sleep(clock, behaviour.latency);
    return std::move(*judged.refusal);
  }
  if (judged.has_content) {
    ledger.Charge(vendor.name, IsCharged(behaviour.mode), judged.cost);
  }
  Sleep(clock, behaviour.latency);
  if (auto failure = FailureAtOnce(vendor, behaviour.mode)) return *std::move(failure);
  if (behaviour.mode == Mode::kRefuseMedia) return vendor.failure(behaviour.mode);
  if (spoiling == Spoiling::kNow) return AnswerOf(vendor, judged, behaviour.mode);
  return vendor.answer(judged, std::nullopt, behaviour.mode);
}

http::Response ServeQuestion(const CallLedger& ledger, Clock& clock, const Vendor& vendor,
                             const http::Request& request, http::Response answer) {
  const Behaviour behaviour = Steered(ledger.Look(vendor.name), request.info.headers);
  Sleep(clock, behaviour.latency);
  if (auto failure = FailureAtOnce(vendor, behaviour.mode)) return *std::move(failure);
  return Spoil(behaviour.mode, std::move(answer));
}

void AddCall(http::Router& router, std::string_view path, Vendor vendor, const Parts& parts) {
  router.Add("POST", std::string(path),
             [parts, vendor = std::move(vendor)](http::Request& request) {
               return ServeCall(parts.ledger, parts.clock, vendor, request);
             });
}

std::string QueryValue(const http::Request& request, std::string_view name) {
  auto value = http::FormValue(request.info.query, name);
  return value ? std::move(*value).value_or("") : std::string();
}

bool HasBearer(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto value = request.info.headers.Get("Authorization");
  return value && value->starts_with(kScheme) && value->size() > kScheme.size();
}

bool HasApiKey(const http::Request& request) {
  return !request.info.headers.Get("x-api-key").value_or("").empty();
}

std::int64_t WordsOf(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  std::int64_t count = 0;
  while (words >> word) ++count;
  return std::max<std::int64_t>(count, 1);
}

http::Response AnswerOf(const Vendor& vendor, const Judged& judged, Mode mode) {
  return Spoil(mode, vendor.answer(judged, ScoreFor(mode, judged), mode));
}

double ScoreOf(const content::ContentDigest& digest) noexcept {
  unsigned number = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    number = number * 256 + std::to_integer<unsigned>(digest.bytes()[i]);
  }
  return static_cast<double>(number % 101) / 100.0;
}

http::Response JsonAnswer(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = DumpJson(body);
  return response;
}

std::optional<std::string> ReadSmallBody(http::Request& request) {
  std::string body;
  std::array<std::byte, 16 * 1024> buffer;  // NOLINT: filled by Read
  for (;;) {
    const Result<std::size_t> count = request.body->Read(buffer);
    if (!count || *count > kSmallBody - body.size()) return std::nullopt;
    if (*count == 0) return body;
    body += AsText(ByteView(buffer.data(), *count));
  }
}

std::optional<content::ContentDigest> DigestOfBody(http::Request& request) {
  content::ContentHasher hasher;
  const auto buffer = std::make_unique<std::array<std::byte, 128 * 1024>>();
  for (;;) {
    const Result<std::size_t> count = request.body->Read(*buffer);
    if (!count) return std::nullopt;
    if (*count == 0) return hasher.Finish();
    hasher.Update(ByteView(buffer->data(), *count));
  }
}

}  // namespace vcache::sandbox
