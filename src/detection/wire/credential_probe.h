#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "json/json.h"
#include "vcache/core/deadline.h"
#include "vcache/detection/credential_check.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// How credentials are checked: by a request that the vendor documents as free, and whose answer is
/// read defensively. One rule runs through it: what proves nothing is `kUnknown`, never `kRefused`.

/// No check takes longer, whatever a paid call may take.
inline constexpr std::chrono::milliseconds kCheckTimeout{10'000};

CredentialCheck AcceptedBy();
/// `sentence` names the variables to look at.
CredentialCheck RefusedBy(std::string_view vendor, std::string_view sentence);
CredentialCheck UnknownTo(std::string_view vendor, std::string_view sentence);
/// An answer with this status that we have no reading for.
CredentialCheck OddAnswer(std::string_view vendor, const net::HttpResponse& response);

/// What a vendor's answer, a JSON object of any status below 500 but 429, says of the credentials.
using ReadAnswer = std::function<CredentialCheck(const net::HttpResponse&, const Json&)>;

/// Sends the request once, within `deadline` and 10 s, and has the answer read. Who is not reached,
/// limits rates, fails or answers what is no JSON object within 256 KiB has said nothing.
CredentialCheck AskForFree(std::string_view vendor, net::HttpRequest request, net::HttpClient& http,
                           Deadline deadline, const ReadAnswer& read);

}  // namespace vcache::detection
