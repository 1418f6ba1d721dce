// `Cache-Control` and the digest fields as anybody may send them.

#include <algorithm>
#include <string>

#include "api/intake/digest_fields.h"
#include "fuzz/fuzz_target.h"
#include "vcache/core/ascii.h"
#include "vcache/http/parsing/cache_control.h"

using namespace vcache;
using vcache::fuzz::Require;

namespace {

http::CacheControl ControlOf(std::string_view text) {
  http::Headers headers;
  headers.Add("Cache-Control", std::string(text));
  return http::ParseCacheControl(headers);
}

void CheckCacheControl(std::string_view input) {
  const http::CacheControl control = ControlOf(input);
  const std::string lower = ToLower(input);
  const auto has = [&](std::string_view name) { return lower.find(name) != std::string::npos; };
  Require(!control.no_cache || has("no-cache"), "nothing is asked that is not there");
  Require(!control.no_store || has("no-store"), "nothing is asked that is not there");
  Require(!control.max_age || has("max-age="), "an age is given");
  Require(!control.max_age ||
              (control.max_age->count() >= 0 && control.max_age->count() <= 2'147'483'648),
          "an age is within its limits");
  Require(ControlOf("only-if-cached," + std::string(input)).only_if_cached,
          "nothing behind it takes away that money must not be spent");
}

void CheckDigest(std::string_view input) {
  http::Headers headers;
  headers.Add("Content-Digest", std::string(input));
  const auto stated = api::StatedDigest(headers);
  if (!stated || !*stated) return;
  Require(input.find("sha-256=:") != std::string_view::npos, "a digest is stated");
  headers.Add("Repr-Digest", std::string(input));
  Require(api::StatedDigest(headers).has_value(), "twice the same is no contradiction");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  CheckCacheControl(input);
  CheckDigest(input);
  return 0;
}
