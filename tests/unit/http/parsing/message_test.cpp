#include "vcache/http/parsing/message.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::http;

TEST_CASE("Headers: names compare without case, values are kept raw and apart (H14)") {
  Headers headers;
  headers.Add("X-Forwarded-For", "%31.2.3.4");
  headers.Add("x-forwarded-for", "%0d%0aSet-Cookie: x");
  headers.Add("Other", "1");
  CHECK(headers.Get("X-FORWARDED-FOR") == "%31.2.3.4");
  REQUIRE(headers.Count("X-Forwarded-For") == 2);
  CHECK(headers.GetAll("X-Forwarded-For")[1] == "%0d%0aSet-Cookie: x");
  CHECK_FALSE(headers.Get("Missing"));
  CHECK_FALSE(headers.Get("Othe"));
  CHECK(headers.fields().size() == 3);
}

TEST_CASE("Headers: Set replaces every field of the name, Remove leaves the others in order") {
  Headers headers;
  headers.Add("A", "1");
  headers.Add("B", "2");
  headers.Add("a", "3");
  headers.Set("A", "4");
  CHECK(headers.GetAll("a") == std::vector<std::string_view>{"4"});
  headers.Remove("b");
  REQUIRE(headers.fields().size() == 1);
  CHECK(headers.fields()[0].first == "A");
}

TEST_CASE("Headers: a name that looks into the object itself may be set and removed") {
  Headers headers;
  headers.Add("A-Name-That-Is-Too-Long-For-The-Short-String-Buffer", "1");
  headers.Add("B-Name-That-Is-Too-Long-For-The-Short-String-Buffer", "2");
  headers.Set(headers.fields()[0].first, "3");
  CHECK(headers.Get("A-Name-That-Is-Too-Long-For-The-Short-String-Buffer") == "3");
  headers.Remove(headers.fields()[0].first);
  CHECK(headers.fields().size() == 1);
}

TEST_CASE("StatusOf: each code has the status of the API's table") {
  CHECK(StatusOf(ErrorCode::kBadRequest) == 400);
  CHECK(StatusOf(ErrorCode::kInvalidUtf8) == 400);
  CHECK(StatusOf(ErrorCode::kUnauthenticated) == 401);
  CHECK(StatusOf(ErrorCode::kForbidden) == 403);
  CHECK(StatusOf(ErrorCode::kForeignSite) == 403);
  CHECK(StatusOf(ErrorCode::kMisdirected) == 421);
  CHECK(StatusOf(ErrorCode::kNotFound) == 404);
  CHECK(StatusOf(ErrorCode::kNotCached) == 404);
  CHECK(StatusOf(ErrorCode::kMethodNotAllowed) == 405);
  CHECK(StatusOf(ErrorCode::kRequestTimeout) == 408);
  CHECK(StatusOf(ErrorCode::kLengthRequired) == 411);
  CHECK(StatusOf(ErrorCode::kTooLarge) == 413);
  CHECK(StatusOf(ErrorCode::kUnsupportedMediaType) == 415);
  CHECK(StatusOf(ErrorCode::kTextTooShort) == 422);
  CHECK(StatusOf(ErrorCode::kTextTooLong) == 422);
  CHECK(StatusOf(ErrorCode::kVideoTooLong) == 422);
  CHECK(StatusOf(ErrorCode::kTooExpensive) == 422);
  CHECK(StatusOf(ErrorCode::kRateLimited) == 429);
  CHECK(StatusOf(ErrorCode::kHeadTooLarge) == 431);
  CHECK(StatusOf(ErrorCode::kClientGone) == 499);
  CHECK(StatusOf(ErrorCode::kInternal) == 500);
  CHECK(StatusOf(ErrorCode::kStoreCorrupt) == 500);
  CHECK(StatusOf(ErrorCode::kBadConfiguration) == 500);
  CHECK(StatusOf(ErrorCode::kNotImplemented) == 501);
  CHECK(StatusOf(ErrorCode::kVendorInvalidAnswer) == 502);
  CHECK(StatusOf(ErrorCode::kVendorRefused) == 502);
  CHECK(StatusOf(ErrorCode::kVendorNotConfigured) == 503);
  CHECK(StatusOf(ErrorCode::kVendorUnavailable) == 503);
  CHECK(StatusOf(ErrorCode::kBudgetExhausted) == 503);
  CHECK(StatusOf(ErrorCode::kOverloaded) == 503);
  CHECK(StatusOf(ErrorCode::kShuttingDown) == 503);
  CHECK(StatusOf(ErrorCode::kStoreUnavailable) == 503);
  CHECK(StatusOf(ErrorCode::kIo) == 503);
  CHECK(StatusOf(ErrorCode::kVendorTimeout) == 504);
  CHECK(StatusOf(ErrorCode::kDeadlineExceeded) == 504);
}

TEST_CASE("ReasonPhrase: every status that an error maps to has a name") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kIo); ++code) {
    CHECK(ReasonPhrase(StatusOf(static_cast<ErrorCode>(code))) != "Unknown");
  }
  CHECK(ReasonPhrase(200) == "OK");
  CHECK(ReasonPhrase(404) == "Not Found");
  CHECK(ReasonPhrase(799) == "Unknown");
}

TEST_CASE("FormValue: gives the field of the name, decoded") {
  const auto value = [](std::string_view encoded, std::string_view name) {
    return FormValue(encoded, name).value();
  };
  CHECK(value("kind=text&page=2", "page") == "2");
  CHECK(value("te%78t=x+y%26z", "text") == "x y&z");
  CHECK(value("flag&a=1", "flag") == "");
  CHECK(value("a=b=c", "a") == "b=c");
  CHECK(value("&&a=1&", "a") == "1");
  CHECK_FALSE(value("ab=1", "a"));
  CHECK_FALSE(value("", "a"));
  CHECK(value("%zz=1&a=2", "a") == "2");
  CHECK(value("b=1&b=2&a=3", "a") == "3");  // what nobody reads may be there twice
}

TEST_CASE("FormValue: a field that is there twice or broken is an error, never the first one") {
  for (const char* encoded : {"a=1&a=2", "a=1&a=1", "a&a", "a=&b=3&a=", "a=1&%61=2", "a=%zz",
                              "a=1%", "a=1&a=%zz", "a=%zz&a=1"}) {
    CAPTURE(encoded);
    const auto value = FormValue(encoded, "a");
    REQUIRE_FALSE(value);
    CHECK(value.error().code == ErrorCode::kBadRequest);
    CHECK(value.error().message.find("\"a\"") != std::string::npos);
  }
}
