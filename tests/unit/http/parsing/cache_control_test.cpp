#include "vcache/http/parsing/cache_control.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

using namespace vcache;
using namespace std::chrono_literals;
using http::CacheControl;

namespace {

CacheControl ParsedControl(std::initializer_list<std::string> fields) {
  http::Headers headers;
  for (const std::string& field : fields) headers.Add("Cache-Control", field);
  return http::ParseCacheControl(headers);
}

bool IsEmpty(const CacheControl& control) {
  return !control.only_if_cached && !control.no_cache && !control.no_store && !control.max_age;
}

}  // namespace

TEST_CASE("ParseCacheControl: the directives, in any case, order and number of fields") {
  CHECK(ParsedControl({"no-cache"}).no_cache);
  CHECK(ParsedControl({"NO-Store"}).no_store);
  CHECK(ParsedControl({"only-if-cached"}).only_if_cached);
  CHECK(ParsedControl({"max-age=60"}).max_age == 60s);
  CHECK(ParsedControl({"max-age=\"60\""}).max_age == 60s);
  const auto all = ParsedControl({" ,, max-age=0 ,\tno-cache,", "only-if-cached , no-store"});
  CHECK(all.no_cache);
  CHECK(all.no_store);
  CHECK(all.only_if_cached);
  CHECK(all.max_age == 0s);
}

TEST_CASE("ParseCacheControl: what is not understood is ignored, and the rest still counts") {
  for (const char* unknown : {"",
                              ",",
                              "private",
                              "no-cachee",
                              "x-no-cache",
                              "no-cache=\"Set-Cookie\"",
                              "no-store=1",
                              "max-age",
                              "max-age=",
                              "max-age=-1",
                              "max-age=+1",
                              "max-age=1.5",
                              "max-age=1s",
                              "max-age=\"1",
                              "max-age = 1",
                              "no cache",
                              "\"no-cache\"",
                              "=no-cache",
                              "foo=\"no-cache, x\"",
                              "foo=\"\\\", no-cache\"",
                              "min-fresh=1",
                              "foo \"no-cache, no-store\"",
                              "no-cache;x"}) {
    CAPTURE(unknown);
    CHECK(IsEmpty(ParsedControl({unknown})));
    CHECK(ParsedControl({unknown, "max-age=7"}).max_age == 7s);
  }
  CHECK(ParsedControl({"foo=\"a, b\", no-store"}).no_store);
  CHECK(ParsedControl({"max age=1, no-store"}).no_store);
}

TEST_CASE("ParseCacheControl: a misreading never costs money") {
  CHECK(ParsedControl({"only-if-cached=true"}).only_if_cached);
  CHECK(ParsedControl({"max-age=1, max-age=60", "max-age=2"}).max_age == 60s);
  CHECK(ParsedControl({"max-age=99999999999999999999999"}).max_age == 2'147'483'648s);
}
