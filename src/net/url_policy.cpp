#include "net/url_policy.h"

#include <arpa/inet.h>

#include <utility>

namespace vcache::net {
namespace {

/// Owns a text that libcurl allocated.
struct CurlString {
  char* text = nullptr;
  ~CurlString() { curl_free(text); }
};

std::string PartOf(CURLU* url, CURLUPart part, unsigned flags = 0) {
  CurlString value;
  if (curl_url_get(url, part, &value.text, flags) != CURLUE_OK || value.text == nullptr) return {};
  return value.text;
}

CurlUrl Parsed(const std::string& text) {
  CurlUrl url(curl_url());
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) url.reset();
  return url;
}

bool IsLoopback(std::string host) {
  if (host == "localhost") return true;  // libcurl always resolves it to loopback
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in6_addr six{};
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six) != 0;
  in_addr four{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24U) == 127;
}

bool NamesUser(CURLU* url) {
  return !PartOf(url, CURLUPART_USER).empty() || !PartOf(url, CURLUPART_PASSWORD).empty() ||
         !PartOf(url, CURLUPART_OPTIONS).empty();
}

bool SameOrigin(CURLU* one, CURLU* other) {
  const auto same = [&](CURLUPart part) {
    // Host names compare without case.
    return curl_strequal(PartOf(one, part, CURLU_DEFAULT_PORT).c_str(),
                         PartOf(other, part, CURLU_DEFAULT_PORT).c_str()) != 0;
  };
  return same(CURLUPART_SCHEME) && same(CURLUPART_HOST) && same(CURLUPART_ZONEID) &&
         same(CURLUPART_PORT);
}

Reach ReachOf(CURLU* url, const std::string& given_by) {
  if (given_by.empty()) return Reach::kAnywhere;
  const CurlUrl base = Parsed(given_by);
  if (!base) return Reach::kPublic;
  if (SameOrigin(url, base.get())) return Reach::kAnywhere;
  return IsLoopback(PartOf(base.get(), CURLUPART_HOST)) ? Reach::kPublicAndLoopback
                                                        : Reach::kPublic;
}

}  // namespace

Result<CheckedUrl> CheckUrl(const HttpRequest& request, const std::string& peer) {
  const bool given = !request.given_by.empty();
  CurlUrl url = Parsed(request.url);
  if (!url) {
    if (given) return UnreachableUrl(peer);
    return Error{ErrorCode::kBadConfiguration, "The base URL of " + peer + " is not a valid URL."};
  }
  const Reach reach = ReachOf(url.get(), request.given_by);
  std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  const bool plain_local =
      reach != Reach::kPublic && scheme == "http" && IsLoopback(PartOf(url.get(), CURLUPART_HOST));
  if ((scheme != "https" && !plain_local) || NamesUser(url.get())) {
    if (given) return UnreachableUrl(peer);
    return Error{ErrorCode::kBadConfiguration,
                 "The base URL of " + peer +
                     " must be https (http only to this machine) and must not name a user."};
  }
  return CheckedUrl{std::move(url), std::move(scheme), reach};
}

bool MayReach(Reach reach, AddressScope scope) noexcept {
  return reach == Reach::kAnywhere || scope == AddressScope::kPublic ||
         (reach == Reach::kPublicAndLoopback && scope == AddressScope::kLoopback);
}

Error UnreachableUrl(const std::string& peer) {
  return Error{ErrorCode::kVendorInvalidAnswer,
               "An answer of " + peer +
                   " gave a URL that is not followed: it must be https, to a public address and "
                   "without a user."};
}

}  // namespace vcache::net
