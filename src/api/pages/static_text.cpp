#include "api/pages/static_text.h"

#include "vcache/content/content_hasher.h"

namespace vcache::api {
namespace {

/// Enough of the digest to tell two texts apart.
constexpr std::size_t kTagDigits = 32;

/// Whether the client has the text already (RFC 9110, 13.1.2). The tag has its quotes, so that it
/// is no part of another one.
bool HasCopy(const http::Headers& headers, std::string_view tag) {
  for (const std::string_view field : headers.GetAll("If-None-Match")) {
    if (field == "*" || field.find(tag) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

StaticText::StaticText(std::string_view the_text, std::string_view the_type)
    : text(the_text),
      type(the_type),
      tag('"' + content::DigestOf(AsBytes(the_text)).ToHex().substr(0, kTagDigits) + '"') {}

http::Response StaticTextResponse(const http::Request& request, const StaticText& text) {
  http::Response response;
  response.headers.Add("ETag", text.tag);
  response.headers.Add("Cache-Control", "no-cache");
  if (HasCopy(request.info.headers, text.tag)) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", std::string(text.type));
  response.body = text.text;
  return response;
}

}  // namespace vcache::api
