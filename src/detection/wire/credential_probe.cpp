#include "detection/wire/credential_probe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "detection/wire/vendor_answer.h"

namespace vcache::detection {
namespace {

constexpr std::size_t kMaxAnswer = 256 * 1024;

CredentialCheck Saying(CredentialState state, std::string_view vendor, std::string_view sentence) {
  return {state, std::string(vendor) + ": " + std::string(sentence)};
}

}  // namespace

CredentialCheck RefusedBy(std::string_view vendor, std::string_view sentence) {
  return Saying(CredentialState::kRefused, vendor, sentence);
}

CredentialCheck UnknownTo(std::string_view vendor, std::string_view sentence) {
  return Saying(CredentialState::kUnknown, vendor, sentence);
}

CredentialCheck OddAnswer(std::string_view vendor, const net::HttpResponse& response) {
  return UnknownTo(vendor, "The answer says nothing of the credentials (status " +
                               std::to_string(response.status) + ").");
}

CredentialCheck AskForFree(std::string_view vendor, net::HttpRequest request, net::HttpClient& http,
                           Deadline deadline, const ReadAnswer& read) {
  request.timeout = std::min(request.timeout, kCheckTimeout);
  request.max_response_bytes = kMaxAnswer;
  const auto response = http.Send(request, deadline);
  if (!response) return UnknownTo(vendor, response.error().message);
  if (response->status == 429) {
    return UnknownTo(vendor, "The rate limit is reached; check again later.");
  }
  if (response->status >= 500) {
    return UnknownTo(vendor,
                     "The vendor failed with status " + std::to_string(response->status) + ".");
  }
  // All these vendors send errors as JSON: HTML comes from a proxy, whatever its status.
  const auto answer = ObjectOf(*response);
  if (!answer) return OddAnswer(vendor, *response);
  return read(*response, *answer);
}

}  // namespace vcache::detection
