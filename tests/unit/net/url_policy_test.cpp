#include "net/url_policy.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::net;

namespace {

Result<CheckedUrl> Check(const std::string& url, const std::string& given_by) {
  HttpRequest request;
  request.url = url;
  request.given_by = given_by;
  return CheckUrl(request, "the vendor");
}

Reach ReachWhen(const std::string& url, const std::string& given_by) {
  const auto checked = Check(url, given_by);
  REQUIRE(checked);
  return checked->reach;
}

constexpr const char* kVendor = "https://api.vendor.example/v1";
constexpr const char* kStandIn = "http://127.0.0.1:9090/vendor";

}  // namespace

TEST_CASE("CheckUrl: a configured URL may lead anywhere, as the configuration says (C7)") {
  CHECK(ReachWhen(kVendor, "") == Reach::kAnywhere);
  CHECK(ReachWhen("https://10.0.0.5/", "") == Reach::kAnywhere);
  CHECK(ReachWhen(kStandIn, "") == Reach::kAnywhere);
  for (const char* url : {"http://api.vendor.example/", "https://user@api.vendor.example/",
                          "https://:pw@api.vendor.example/", "ftp://127.0.0.1/", "nonsense", ""}) {
    CAPTURE(url);
    const auto checked = Check(url, "");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::kBadConfiguration);
  }
}

TEST_CASE("CheckUrl: a given URL is https without a user, and leads to public addresses (C7)") {
  CHECK(ReachWhen("https://bucket.example/up?sig=a%2Fb", kVendor) == Reach::kPublic);
  CHECK(ReachWhen("https://api.vendor.example:8443/", kVendor) == Reach::kPublic);
  CHECK(ReachWhen("https://10.0.0.5/", kVendor) == Reach::kPublic);  // to be refused by its address
  CHECK(ReachWhen("https://bucket.example/", "no URL") == Reach::kPublic);
  for (const char* url :
       {"http://bucket.example/", "http://127.0.0.1:9090/", "http://localhost/", "http://[::1]/",
        "https://user@bucket.example/", "https://user:pw@bucket.example/",
        "https://:pw@bucket.example/", "https://api.vendor.example@bucket.example/",
        "file:///etc/passwd", "ftp://bucket.example/", "gopher://bucket.example/", "https://",
        "//bucket.example/", "/up", ""}) {
    CAPTURE(url);
    const auto checked = Check(url, kVendor);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::kVendorInvalidAnswer);
    CHECK(checked.error().charge == Charge::kNone);
    CHECK(checked.error().message.find("bucket") == std::string::npos);
  }
}

TEST_CASE("CheckUrl: a stand-in on this machine may give URLs of this machine") {
  for (const char* base : {kStandIn, "https://localhost:1", "http://[::1]:9090"}) {
    CAPTURE(base);
    CHECK(ReachWhen("http://127.0.0.1:9191/up", base) == Reach::kPublicAndLoopback);
    CHECK(ReachWhen("https://bucket.example/up", base) == Reach::kPublicAndLoopback);
    CHECK_FALSE(Check("http://bucket.example/up", base));
    CHECK_FALSE(Check("http://user@127.0.0.1:9191/up", base));
  }
}

TEST_CASE("CheckUrl: a given URL of the configured origin leads where that does") {
  CHECK(ReachWhen("https://API.vendor.example/jobs/1", kVendor) == Reach::kAnywhere);
  CHECK(ReachWhen("https://api.vendor.example:443/jobs/1", kVendor) == Reach::kAnywhere);
  CHECK(ReachWhen("https://10.0.0.5:8443/jobs/1", "https://10.0.0.5:8443/v1") == Reach::kAnywhere);
  CHECK(ReachWhen("http://127.0.0.1:9090/jobs", kStandIn) == Reach::kAnywhere);
  CHECK(ReachWhen("https://poll.example/jobs/17?k=s", "https://poll.example/jobs/{id}?k={key}") ==
        Reach::kAnywhere);
  CHECK_FALSE(Check("https://user@api.vendor.example/jobs/1", kVendor));
}

TEST_CASE("MayReach: by the address's scope (C7)") {
  for (const auto scope : {AddressScope::kPublic, AddressScope::kLoopback, AddressScope::kOther}) {
    CHECK(MayReach(Reach::kAnywhere, scope));
    CHECK(MayReach(Reach::kPublic, scope) == (scope == AddressScope::kPublic));
    CHECK(MayReach(Reach::kPublicAndLoopback, scope) == (scope != AddressScope::kOther));
  }
}
