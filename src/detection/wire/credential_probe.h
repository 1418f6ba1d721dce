#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "json/json.h"
#include "vcache/core/deadline.h"
#include "vcache/detection/credential_check.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// Checks credentials by a request that the vendor documents as free. An inconclusive answer is
/// always `kUnknown`, never `kRefused`.

/// The time limit of a check, whatever the limit of a paid call is.
inline constexpr std::chrono::milliseconds kCheckTimeout{10'000};

/// `sentence` names the variables to check.
CredentialCheck RefusedBy(std::string_view vendor, std::string_view sentence);
CredentialCheck UnknownTo(std::string_view vendor, std::string_view sentence);
/// An answer that the check does not understand.
CredentialCheck OddAnswer(std::string_view vendor, const net::HttpResponse& response);

/// Reads a JSON object of any status below 500 except 429.
using ReadAnswer = std::function<CredentialCheck(const net::HttpResponse&, const Json&)>;

/// Sends the request once, within `deadline` and 10 s, and calls `read`. kUnknown for a vendor that
/// is unreachable, limits rates, fails, or sends no JSON object within 256 KiB.
CredentialCheck AskForFree(std::string_view vendor, net::HttpRequest request, net::HttpClient& http,
                           Deadline deadline, const ReadAnswer& read);

}  // namespace vcache::detection
