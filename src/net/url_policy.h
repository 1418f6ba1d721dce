#pragma once

#include <string>

#include "net/address_scope.h"
#include "net/curl_easy.h"
#include "vcache/core/result.h"
#include "vcache/net/http_client.h"

namespace vcache::net {

/// Which addresses a request may connect to.
enum class Reach { kAnywhere, kPublic, kPublicAndLoopback };

/// A parsed URL that passed `CheckUrl`.
struct CheckedUrl {
  CurlUrl url;
  std::string scheme;
  Reach reach = Reach::kAnywhere;
};

/// Checks a URL (rule C7). A configured URL: https, or http to this machine, without a user; else
/// kBadConfiguration. A URL that an answer gave (`given_by` is set): the same, and only public
/// addresses; else kVendorInvalidAnswer. If `given_by` is on this machine, loopback is allowed too.
/// A URL with the origin of `given_by` may lead anywhere, because the configuration names that
/// host.
Result<CheckedUrl> CheckUrl(const HttpRequest& request, const std::string& peer);

/// Whether a request may connect to this address.
bool MayReach(Reach reach, AddressScope scope) noexcept;

/// The error for an address out of reach; it does not reveal what is there.
Error UnreachableUrl(const std::string& peer);

}  // namespace vcache::net
