#include "vcache/http/parsing/message.h"

#include <algorithm>

#include "http/parsing/field_syntax.h"
#include "vcache/core/hex.h"

namespace vcache::http {
namespace {

class EmptySource final : public ByteSource {
 public:
  Result<std::size_t> Read(std::span<std::byte>) override { return std::size_t{0}; }
};

}  // namespace

ByteSource& NoBody() noexcept {
  static EmptySource empty;
  return empty;
}

void Headers::Add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::Set(std::string_view name, std::string value) {
  std::string owned(name);  // `name` may point into a removed field
  Remove(owned);
  Add(std::move(owned), std::move(value));
}

void Headers::Remove(std::string_view name) {
  // Copy `name` here too: elements move during the comparison.
  std::erase_if(fields_, [wanted = std::string(name)](const auto& field) {
    return EqualsIgnoringCase(field.first, wanted);
  });
}

std::optional<std::string_view> Headers::Get(std::string_view name) const noexcept {
  for (const auto& [field, value] : fields_) {
    if (EqualsIgnoringCase(field, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::GetAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [field, value] : fields_) {
    if (EqualsIgnoringCase(field, name)) values.push_back(value);
  }
  return values;
}

std::size_t Headers::Count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const auto& field) { return EqualsIgnoringCase(field.first, name); }));
}

int StatusOf(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kBadRequest:
    case ErrorCode::kInvalidUtf8:
    case ErrorCode::kDigestMismatch:
      return 400;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kForbidden:
    case ErrorCode::kForeignSite:
      return 403;
    case ErrorCode::kNotFound:
    case ErrorCode::kNotCached:
      return 404;
    case ErrorCode::kMethodNotAllowed:
      return 405;
    case ErrorCode::kRequestTimeout:
      return 408;
    case ErrorCode::kLengthRequired:
      return 411;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnsupportedMediaType:
      return 415;
    case ErrorCode::kMisdirected:
      return 421;
    case ErrorCode::kTextTooShort:
    case ErrorCode::kTextTooLong:
    case ErrorCode::kVideoTooLong:
    case ErrorCode::kTooExpensive:
      return 422;
    case ErrorCode::kRateLimited:
      return 429;
    case ErrorCode::kHeadTooLarge:
      return 431;
    case ErrorCode::kClientGone:
      return 499;  // for logs only: the client is gone
    case ErrorCode::kNotImplemented:
      return 501;
    case ErrorCode::kVendorInvalidAnswer:
    case ErrorCode::kVendorRefused:
      return 502;
    case ErrorCode::kVendorNotConfigured:
    case ErrorCode::kVendorUnavailable:
    case ErrorCode::kBudgetExhausted:
    case ErrorCode::kOverloaded:
    case ErrorCode::kShuttingDown:
    case ErrorCode::kStoreUnavailable:
    // A full disk or a lack of descriptors is temporary: the same request may work later.
    case ErrorCode::kIo:
      return 503;
    case ErrorCode::kVendorTimeout:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kOnlyIfCached:
      return 504;
    case ErrorCode::kInternal:
    case ErrorCode::kStoreCorrupt:
    case ErrorCode::kBadConfiguration:
      return 500;
  }
  return 500;
}

std::string_view ReasonPhrase(int status) noexcept {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr Phrase kPhrases[] = {
      {200, "OK"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {499, "Client Closed Request"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

Result<std::optional<std::string>> FormValue(std::string_view encoded, std::string_view name) {
  std::optional<std::string> found;
  const auto refused = [name](const char* what) {
    return Error{ErrorCode::kBadRequest, "The field \"" + std::string(name) + "\" " + what};
  };
  while (!encoded.empty()) {
    const std::size_t end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, equals);
    // A key that decodes to `name` is at least as long: skip shorter ones undecoded.
    if (pair.empty() || key.size() < name.size() || PercentDecode(key, true) != name) continue;
    if (found) return refused("is there twice; send it once.");
    found = PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!found) return refused("has a broken percent escape.");
  }
  return found;
}

}  // namespace vcache::http
