#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;
using namespace vcache::config;
using test::Complaint;
using test::Load;

TEST_CASE("REDIS_HOST and its kin: make the URL that is not set") {
  CHECK(Load({}).redis.Address().empty());
  CHECK_FALSE(Load({{"REDIS_PORT", "6380"}}).redis.is_shared());
  CHECK(Load({{"REDIS_HOST", "redis"}}).redis.Address().Reveal() == "redis://redis:6379");
  CHECK(Load({{"REDIS_HOST", "redis"}}).redis.is_shared());
  CHECK(Load({{"REDIS_HOST", "::1"}, {"REDIS_PORT", "6380"}}).redis.Address().Reveal() ==
        "redis://[::1]:6380");
  CHECK(Load({{"REDIS_HOST", "r.example"},
              {"REDIS_USERNAME", "me"},
              {"REDIS_PASSWORD", "p@s:/?%"},
              {"REDIS_TLS", "1"}})
            .redis.Address()
            .Reveal() == "rediss://me:p%40s%3A%2F%3F%25@r.example:6379");
  CHECK(Load({{"REDIS_HOST", "redis"}, {"REDIS_PASSWORD", "secret"}}).redis.Address().Reveal() ==
        "redis://:secret@redis:6379");
}

TEST_CASE("REDIS_HOST and its kin: may repeat REDIS_URL, but not disagree with it") {
  const std::string url = "rediss://me:p%40s@R.example:6380/2?tls_ca=/ca.pem";
  const EnvFile same = {{"REDIS_URL", url},        {"REDIS_HOST", "r.example"},
                        {"REDIS_PORT", "6380"},    {"REDIS_USERNAME", "me"},
                        {"REDIS_PASSWORD", "p@s"}, {"REDIS_TLS", "1"}};
  CHECK(Load(same).redis.Address().Reveal() == url);
  CHECK(Load({{"REDIS_URL", "redis://[::1]"}, {"REDIS_HOST", "::1"}}).redis.Address().Reveal() ==
        "redis://[::1]");
  const auto named = [&](const std::string& name, const std::string& value) {
    EnvFile other = same;
    other[name] = value;
    const std::string complaint = Complaint(other);
    CHECK(complaint.starts_with("REDIS_URL and REDIS_"));
    CHECK(complaint.find(name) != std::string::npos);
    CHECK(complaint.find("p@s") == std::string::npos);
    CHECK(complaint.find("hunter2") == std::string::npos);
  };
  named("REDIS_HOST", "other.example");
  named("REDIS_PORT", "6379");
  named("REDIS_USERNAME", "hunter2");
  named("REDIS_PASSWORD", "hunter2");
  CHECK(Complaint({{"REDIS_URL", "redis://a"}, {"REDIS_TLS", "1"}}).find("REDIS_TLS") !=
        std::string::npos);
}

TEST_CASE("REDIS_HOST and its kin: parts without a host, and two stores") {
  CHECK(
      Complaint({{"REDIS_PASSWORD", "hunter2"}}).starts_with("REDIS_PASSWORD without REDIS_HOST"));
  CHECK(Complaint({{"REDIS_TLS", "1"}}).starts_with("REDIS_TLS without REDIS_HOST"));
  CHECK(Complaint({{"REDIS_HOST", "a"},
                   {"UPSTASH_REDIS_REST_URL", "https://a.example"},
                   {"UPSTASH_REDIS_REST_TOKEN", "t"}})
            .starts_with("REDIS_HOST and UPSTASH_REDIS_REST_URL are both set"));
}
