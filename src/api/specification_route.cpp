#include <string>

#include "api/routes.h"
#include "api/specification.h"
#include "vcache/content/content_hasher.h"

namespace vcache::api {
namespace {

/// Enough of the digest to tell two documents apart.
constexpr std::size_t kTagDigits = 32;

std::string TagOf(std::string_view text) {
  return '"' + content::DigestOf(AsBytes(text)).ToHex().substr(0, kTagDigits) + '"';
}

/// Whether the client has the document already (RFC 9110, 13.1.2). The tag has its quotes, so that
/// it is no part of another one.
bool HasCopy(const http::Headers& headers, std::string_view tag) {
  for (const std::string_view field : headers.GetAll("If-None-Match")) {
    if (field == "*" || field.find(tag) != std::string_view::npos) return true;
  }
  return false;
}

http::Response Specification(const http::Request& request, const std::string& tag) {
  http::Response response;
  response.headers.Add("ETag", tag);
  // Kept by everybody, and asked about each time: after an update the old one is wrong.
  response.headers.Add("Cache-Control", "no-cache");
  // Tools on pages of other sites may read it: it is public, and the same for all.
  response.headers.Add("Access-Control-Allow-Origin", "*");
  if (HasCopy(request.info.headers, tag)) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", "application/json");
  response.body = SpecificationText();
  return response;
}

}  // namespace

void AddSpecification(http::Router& router) {
  router.Add("GET", "/openapi.json", [tag = TagOf(SpecificationText())](http::Request& request) {
    return Specification(request, tag);
  });
}

}  // namespace vcache::api
