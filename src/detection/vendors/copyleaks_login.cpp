#include "detection/vendors/copyleaks_login.h"

#include <algorithm>
#include <utility>

#include "detection/wire/credential_probe.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "vcache/core/ascii.h"
#include "vcache/core/time_text.h"

namespace vcache::detection {
namespace {

using std::chrono::seconds;

constexpr std::string_view kName = "copyleaks";
/// The vendor's own client does not use a token in its last five minutes.
constexpr seconds kMargin{300};
constexpr seconds kLongestLife = std::chrono::hours(48);
/// The assumed lifetime when the answer states none.
constexpr seconds kAssumedLife = std::chrono::hours(1);
/// How long a refusal is cached.
constexpr seconds kRefusalPause{60};
constexpr std::size_t kMaxToken = 8192;
/// Room for a token and two dates.
constexpr std::size_t kMaxLoginAnswer = 64 * 1024;

/// `2026-11-01T00:00:00`, with or without fractions, in UTC.
std::optional<WallTime> ReadDate(std::string_view text) {
  const std::string second = std::string(text.substr(0, 19)) + "Z";
  const std::optional<WallTime> time = ParseTime(second);
  return time && FormatTime(*time) == second ? time : std::nullopt;  // no 30th of February
}

bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= kMaxToken && IsVisible(text);
}

/// A wrong email or key for certain: 401, or the envelope's `authentication_error` or code 2 (the
/// vendor's page "API errors"). Any other 4xx may come from a wrong URL.
bool IsBadLogin(const net::HttpResponse& response) {
  if (response.status < 400 || response.status > 499) return false;
  if (response.status == 401) return true;
  const auto answer = ObjectOf(response);
  const Json* error = answer ? Find(*answer, "error") : nullptr;
  if (error == nullptr) return false;
  return AsString(Find(*error, "type")) == "authentication_error" ||
         AsInteger(Find(*error, "code")) == 2;
}

Error Free(Error error) {
  error.charge = Charge::kNone;
  return error;
}

}  // namespace

std::optional<seconds> LifeBetween(std::string_view issued, std::string_view expires) {
  const auto from = ReadDate(issued);
  const auto until = ReadDate(expires);
  if (!from || !until) return std::nullopt;
  return std::chrono::floor<seconds>(*until - *from);
}

Result<CopyleaksLogin::Token> CopyleaksLogin::Get(Deadline deadline) {
  MutexLock lock(mutex_);
  const SteadyTime now = clock_.Now();
  if (!token_.empty() && now < token_until_) return Token{token_, false};
  if (failure_ && now < failure_until_) return *failure_;
  if (logging_in_) {
    const std::uint64_t mine = logins_;
    while (logins_ == mine && clock_.WaitUntil(ended_, lock, deadline.time())) {
    }
    if (logins_ == mine) {
      return VendorError(kName, ErrorCode::kVendorTimeout, "The login took too long.",
                         Charge::kNone);
    }
  } else {
    logging_in_ = true;
    lock.Unlock();
    const Result<Granted> granted = LogIn(deadline);
    lock.Lock();
    logging_in_ = false;
    ++logins_;
    Learn(granted);
    ended_.NotifyAll();
  }
  if (failure_) return *failure_;
  if (!token_.empty()) return Token{token_, true};
  // Another thread forgot the token since the login ended.
  return VendorError(kName, ErrorCode::kVendorUnavailable, "The login ended at once.",
                     Charge::kNone);
}

CredentialCheck CopyleaksLogin::Check(Deadline deadline) {
  const auto token = Get(deadline.Shortened(Deadline::After(clock_, kCheckTimeout)));
  if (token) return {CredentialState::kAccepted};
  const bool refused = token.error().code == ErrorCode::kVendorRefused;
  return {refused ? CredentialState::kRefused : CredentialState::kUnknown, token.error().message};
}

void CopyleaksLogin::Forget(const std::string& token) {
  const MutexLock lock(mutex_);
  if (token_ == token) token_.clear();
}

void CopyleaksLogin::Learn(const Result<Granted>& granted) {
  const SteadyTime now = clock_.Now();
  token_.clear();
  failure_.reset();
  if (granted) {
    token_ = granted->token;
    token_until_ = now + std::max(granted->life - kMargin, granted->life / 2);
    return;
  }
  failure_ = granted.error();
  failure_until_ = now;
  if (failure_->code == ErrorCode::kVendorRefused || failure_->retry_after) {
    failure_until_ = now + failure_->retry_after.value_or(kRefusalPause);
  }
}

Result<CopyleaksLogin::Granted> CopyleaksLogin::LogIn(Deadline deadline) const {
  net::HttpRequest request =
      JsonRequest(options_.login_url + "/v3/account/login/api", {},
                  Json{{"email", options_.account}, {"key", options_.api_key.Reveal()}});
  request.timeout = options_.endpoint.timeout;
  request.max_response_bytes = kMaxLoginAnswer;
  const auto response = http_.Send(request, deadline);
  if (!response) return Free(TransportError(kName, response.error()));
  if (response->status == 429) {
    Error error = StatusError(kName, *response);
    error.retry_after = response->retry_after.value_or(kRefusalPause);
    return error;
  }
  if (IsBadLogin(*response)) {
    return VendorError(kName, ErrorCode::kVendorRefused,
                       "The login was refused; check COPYLEAKS_EMAIL and COPYLEAKS_API_KEY.",
                       Charge::kNone);
  }
  if (response->status >= 400 && response->status < 500) {
    Error error = VendorError(kName, ErrorCode::kVendorInvalidAnswer,
                              "The login answered status " + std::to_string(response->status) +
                                  "; check COPYLEAKS_LOGIN_URL.",
                              Charge::kNone);
    error.retry_after = kRefusalPause;
    return error;
  }
  if (response->status != 200) return Free(StatusError(kName, *response));
  const auto answer = ObjectOf(*response);
  const auto token = answer ? AsString(Find(*answer, "access_token")) : std::nullopt;
  if (!token || !IsToken(*token)) return Free(InvalidAnswer(kName, "the login brought no token"));
  const auto life = LifeBetween(AsString(Find(*answer, ".issued")).value_or(""),
                                AsString(Find(*answer, ".expires")).value_or(""));
  const bool sane = life && *life > seconds(0);
  return Granted{*token, sane ? std::min(*life, kLongestLife) : kAssumedLife};
}

}  // namespace vcache::detection
