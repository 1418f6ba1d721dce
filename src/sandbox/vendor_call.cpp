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

http::Response HtmlError(int status) {
  http::Response response;
  response.status = status;
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
      return HtmlError(500);
    case Mode::kRateLimit: {
      http::Response response = vendor.failure(mode);
      response.headers.Set("Retry-After", "1");
      return response;
    }
    case Mode::kUnavailable: {
      http::Response response = HtmlError(503);
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

}  // namespace

http::Response FailureIn(Mode mode, Failures failures) {
  switch (mode) {
    case Mode::kRateLimit:
      return std::move(failures.rate_limit);
    case Mode::kQuota:
      return std::move(failures.quota);
    case Mode::kCredentials:
      return std::move(failures.credentials);
    default:
      return std::move(failures.refuse_media);
  }
}

http::Response ServeCall(const Parts& parts, const Vendor& vendor, http::Request& request,
                         Spoiling spoiling) {
  const Behaviour behaviour = Steered(parts.ledger.Begin(vendor.name), request.info.headers);
  // Counts the end of the call, also after an exception.
  const auto end = [](CallLedger* ledger) { ledger->End(); };
  const std::unique_ptr<CallLedger, decltype(end)> under(&parts.ledger, end);
  Judged judged = vendor.read(request);
  if (judged.refusal) {
    Sleep(parts.clock, behaviour.latency);
    return std::move(*judged.refusal);
  }
  if (judged.has_content) {
    parts.ledger.Charge(vendor.name, IsCharged(behaviour.mode), judged.cost);
  }
  Sleep(parts.clock, behaviour.latency);
  if (auto failure = FailureAtOnce(vendor, behaviour.mode)) return *std::move(failure);
  if (behaviour.mode == Mode::kRefuseMedia) return vendor.failure(behaviour.mode);
  if (spoiling == Spoiling::kNow) return AnswerOf(vendor, judged, behaviour.mode);
  return vendor.answer(judged, std::nullopt, behaviour.mode);
}

http::Response ServeQuestion(const Parts& parts, const Vendor& vendor, const http::Request& request,
                             http::Response answer) {
  const Behaviour behaviour = Steered(parts.ledger.Look(vendor.name), request.info.headers);
  Sleep(parts.clock, behaviour.latency);
  if (auto failure = FailureAtOnce(vendor, behaviour.mode)) return *std::move(failure);
  return Spoil(behaviour.mode, std::move(answer));
}

void AddCall(http::Router& router, std::string_view path, Vendor vendor, const Parts& parts) {
  router.Add("POST", std::string(path),
             [parts, vendor = std::move(vendor)](http::Request& request) {
               return ServeCall(parts, vendor, request);
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

Json ReadJson(http::Request& request, const JsonLimits& limits) {
  std::string body;
  std::array<std::byte, 16 * 1024> buffer;  // NOLINT: filled by Read
  for (;;) {
    const Result<std::size_t> count = request.body->Read(buffer);
    if (!count || *count > kSmallBody - body.size()) return nullptr;
    if (*count == 0) break;
    body += AsText(ByteView(buffer.data(), *count));
  }
  Result<Json> json = ParseJson(body, limits);
  return json ? *std::move(json) : Json(nullptr);
}

std::string TextOf(const Json& object, std::string_view name) {
  return AsString(Find(object, name)).value_or("");
}

content::ContentDigest DigestOfText(std::string_view text) {
  return content::DigestOf(AsBytes(text));
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
