#pragma once

#include <string>

#include "net/address_scope.h"
#include "net/curl_easy.h"
#include "vcache/core/result.h"
#include "vcache/net/http_client.h"

namespace vcache::net {

/// Which addresses a request may be connected to.
enum class Reach { kAnywhere, kPublic, kPublicAndLoopback };

/// A parsed URL that may be called, and where it may lead.
struct CheckedUrl {
  CurlUrl url;
  std::string scheme;
  Reach reach = Reach::kAnywhere;
};

/// The rule for every URL (rule C7). One of the configuration: https, or http to this machine,
/// without a user; kBadConfiguration otherwise. One that an answer gave (`given_by` is set): the
/// same, and public addresses only; kVendorInvalidAnswer otherwise. Where `given_by` itself is on
/// this machine, loopback is allowed too; where it has the same origin, the configuration has named
/// the host already, and nothing more is asked.
Result<CheckedUrl> CheckUrl(const HttpRequest& request, const std::string& peer);

/// Whether a connection to this very address may be made.
bool MayReach(Reach reach, AddressScope scope) noexcept;

/// What is answered where it may not; never tells what stands there.
Error UnreachableUrl(const std::string& peer);

}  // namespace vcache::net
