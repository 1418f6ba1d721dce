#include "vcache/api/auth/site_rules.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace vcache;
using api::SiteRules;

namespace {

http::RequestInfo Sent(const char* method,
                       const std::vector<std::pair<std::string, std::string>>& fields) {
  http::RequestInfo request;
  request.method = method;
  for (const auto& [name, value] : fields) request.headers.Add(name, value);
  return request;
}

bool AcceptsHost(const SiteRules& rules, const std::string& host) {
  const auto refusal = rules.RefuseHost(Sent("GET", {{"Host", host}}));
  if (refusal) CHECK(refusal->code == ErrorCode::kMisdirected);
  return !refusal;
}

}  // namespace

TEST_CASE("SiteRules: addresses, local names and the listed hosts, with any port") {
  const SiteRules rules({}, {"verdicts.example.com", "*.site.example"});
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8080", "192.0.2.7:80", "[::1]", "[::1]:8080", "[2001:db8::7]:443",
        "localhost", "verdictcache:8080", "2130706433", "", ":80", "LOCALHOST:8080", "localhost.",
        "app.localhost:3000", "verdicts.example.com", "Verdicts.Example.COM:443",
        "verdicts.example.com.", "a.site.example", "a.b.site.example:1"}) {
    CAPTURE(host);
    CHECK(AcceptsHost(rules, host));
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "xverdicts.example.com", "a.verdicts.example.com", "site.example", "evilsite.example",
        ".site.example", "not.localhost.evil", "[::1", "[evil.example]", "127.1", "0x7f.0.0.1",
        "verdicts.example.com@evil.example", "verdicts.example.com,evil.example"}) {
    CAPTURE(host);
    CHECK_FALSE(AcceptsHost(rules, host));
  }
  CHECK_FALSE(rules.RefuseHost(Sent("GET", {})));  // HTTP/1.0
}

TEST_CASE("SiteRules: without a list, and with a star, any host") {
  for (const auto& hosts : {std::vector<std::string>{}, std::vector<std::string>{"*"}}) {
    CHECK(AcceptsHost(SiteRules({}, hosts), "evil.example"));
  }
}

TEST_CASE("SiteRules: what a page of another site sends changes and spends nothing") {
  const SiteRules rules({"https://www.example.com"}, {});
  const auto passes = [&](std::vector<std::pair<std::string, std::string>> fields,
                          const char* method = "POST") {
    fields.emplace_back("Host", "verdicts.example:8080");
    const auto refusal = rules.RefuseForeignSite(Sent(method, fields));
    if (refusal) CHECK(refusal->code == ErrorCode::kForeignSite);
    return !refusal;
  };
  CHECK(passes({}));  // a program
  CHECK(passes({{"Sec-Fetch-Site", "same-origin"}}));
  CHECK(passes({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}}));
  CHECK(passes({{"Sec-Fetch-Site", "none"}}));
  CHECK(passes({{"Origin", "http://verdicts.example:8080"}}));
  CHECK(passes({{"Origin", "https://verdicts.example:8080"}}));
  CHECK(passes({{"Sec-Fetch-Site", "same-site"}, {"Origin", "http://verdicts.example:8080"}}));
  CHECK(passes({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://www.example.com"}}));
  CHECK(passes({{"Origin", "https://www.example.com"}}));
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    CHECK_FALSE(passes({{"Sec-Fetch-Site", "cross-site"}}, method));
    CHECK_FALSE(passes({{"Origin", "https://evil.example"}}, method));
  }
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    CHECK(passes({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}}, method));
  }
  for (const char* origin :
       {"null", "", "https://verdicts.example", "http://verdicts.example",
        "http://verdicts.example:80", "https://www.example.com:8443", "http://www.example.com",
        "https://www.example.com.evil.example", "https://WWW.example.com",
        "https://www.example.com/", "file://", "verdicts.example:8080",
        "http://verdicts.example:8080.evil.example", "http://"}) {
    CAPTURE(origin);
    CHECK_FALSE(passes({{"Origin", origin}}));
  }
  CHECK_FALSE(
      passes({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://verdicts.example:8080"}}));
  CHECK_FALSE(passes({{"Sec-Fetch-Site", "same-site"}, {"Origin", "http://a.verdicts.example"}}));
  CHECK_FALSE(passes({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}));
  CHECK_FALSE(passes({{"Sec-Fetch-Site", "anything"}}));
  CHECK_FALSE(passes({{"Origin", "https://www.example.com"}, {"Origin", "https://evil.example"}}));
}

TEST_CASE("SiteRules: a port that is left out is the origin's usual one") {
  const SiteRules rules({}, {});
  const auto passes = [&](const char* origin, const char* host) {
    return !rules.RefuseForeignSite(Sent("POST", {{"Origin", origin}, {"Host", host}}));
  };
  CHECK(passes("https://site.example", "site.example"));
  CHECK(passes("http://site.example", "site.example"));
  CHECK(passes("https://site.example", "site.example:443"));
  CHECK(passes("http://[::1]:8080", "[::1]:8080"));
  CHECK_FALSE(passes("https://site.example", "site.example:80"));
  CHECK_FALSE(passes("https://site.example:444", "site.example"));
  CHECK_FALSE(passes("http://[::1]:8080", "[::2]:8080"));
}
