#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"
#include "vcache/core/vendor_table.h"

using namespace vcache;
using test::Complaint;
using test::Load;

namespace {

/// A vendor that needs a key and nothing else.
struct KeyedVendor {
  std::string prefix;
  std::string name;
  VendorId id;
  std::vector<std::string> kinds;
};

const std::vector<KeyedVendor>& KeyedVendors() {
  static const std::vector<KeyedVendor> kKeyed = {
      {"AIORNOT", "aiornot", VendorId::kAiOrNot, {"IMAGE", "VIDEO", "TEXT"}},
      {"GPTZERO", "gptzero", VendorId::kGptZero, {"TEXT"}},
      {"HIVE", "hive", VendorId::kHive, {"IMAGE", "VIDEO"}},
      {"PANGRAM", "pangram", VendorId::kPangram, {"TEXT"}},
      {"REALITYDEFENDER", "realitydefender", VendorId::kRealityDefender, {"IMAGE", "VIDEO"}}};
  return kKeyed;
}

Result<config::Settings> Loading(config::EnvFile values) {
  return config::LoadSettings(test::HavingOpen(std::move(values)));
}

}  // namespace

TEST_CASE("Keyed vendors: each variable reaches its own vendor and no other") {
  for (const KeyedVendor& vendor : KeyedVendors()) {
    CAPTURE(vendor.prefix);
    const auto settings = Loading({{vendor.prefix + "_API_KEY", "k"},
                                   {vendor.prefix + "_BASE_URL", "http://127.0.0.1:9/x/"},
                                   {vendor.prefix + "_TIMEOUT_MS", "7"},
                                   {vendor.prefix + "_COST_USD", "0.000006"},
                                   {vendor.prefix + "_MAX_CONCURRENCY", "3"}});
    REQUIRE(settings);
    for (const KeyedVendor& other : KeyedVendors()) {
      const bool set = other.prefix == vendor.prefix;
      const config::VendorSettings& found = settings->detection.vendors[other.id];
      CHECK(found.key.Reveal() == (set ? "k" : ""));
      CHECK((found.base_url == "http://127.0.0.1:9/x") == set);
      CHECK((found.timeout == std::chrono::milliseconds(7)) == set);
      CHECK((found.cost.micros() == 6) == set);
      CHECK((found.max_concurrency == 3) == set);
    }
  }
}

TEST_CASE("Keyed vendors: the defaults are the vendors' own addresses, over https, at a price") {
  const auto settings = Loading({});
  REQUIRE(settings);
  for (const KeyedVendor& vendor : KeyedVendors()) {
    const config::VendorSettings& found = settings->detection.vendors[vendor.id];
    CHECK(found.base_url.starts_with("https://"));
    CHECK_FALSE(found.base_url.ends_with("/"));
    CHECK(found.timeout >= std::chrono::seconds(30));
    CHECK(found.cost > Usd());
    CHECK(found.key.empty());
  }
}

TEST_CASE("Keyed vendors: named for what they judge and for nothing else, with their key only") {
  for (const KeyedVendor& vendor : KeyedVendors()) {
    for (const std::string kind : {"IMAGE", "VIDEO", "TEXT"}) {
      CAPTURE(vendor.prefix);
      CAPTURE(kind);
      const std::string list = "DETECTORS_" + kind;
      const bool judges =
          std::find(vendor.kinds.begin(), vendor.kinds.end(), kind) != vendor.kinds.end();
      CHECK(Loading({{list, vendor.name}, {vendor.prefix + "_API_KEY", "k"}}).has_value() ==
            judges);
      const auto without = Loading({{list, vendor.name}});
      REQUIRE_FALSE(without);
      if (!judges) continue;
      CHECK(without.error().message.find(vendor.prefix + "_API_KEY") != std::string::npos);
      CHECK(Loading({{list, vendor.name}, {"DETECTION_SANDBOX_URL", "http://127.0.0.1:9"}}));
    }
  }
}

TEST_CASE("Keyed vendors: bad values are refused, and no key is quoted") {
  for (const KeyedVendor& vendor : KeyedVendors()) {
    for (const auto& [suffix, value] :
         std::vector<std::pair<std::string, std::string>>{{"_API_KEY", "hunter2 hunter2"},
                                                          {"_API_KEY", std::string(513, 'k')},
                                                          {"_BASE_URL", "http://vendor.example"},
                                                          {"_TIMEOUT_MS", "0"},
                                                          {"_TIMEOUT_MS", "600001"},
                                                          {"_COST_USD", "-1"},
                                                          {"_MAX_CONCURRENCY", "0"},
                                                          {"_MAX_CONCURRENCY", "1001"}}) {
      CAPTURE(vendor.prefix + suffix);
      const auto refused = Loading({{vendor.prefix + suffix, value}});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().message.starts_with(vendor.prefix + suffix));
      CHECK(refused.error().message.find("hunter2") == std::string::npos);
    }
  }
}

TEST_CASE("Keyed vendors: Copyleaks' email and key come together, and its addresses are its own") {
  const auto half = Loading({{"COPYLEAKS_API_KEY", "k"}});
  REQUIRE_FALSE(half);
  CHECK(half.error().message ==
        "COPYLEAKS_EMAIL is not set: Copyleaks needs COPYLEAKS_EMAIL and COPYLEAKS_API_KEY, or "
        "neither.");
  const auto both = Loading({{"COPYLEAKS_API_KEY", "k"},
                             {"COPYLEAKS_EMAIL", "me@a.example"},
                             {"COPYLEAKS_LOGIN_URL", "http://127.0.0.1:9/login"},
                             {"COPYLEAKS_BASE_URL", "http://127.0.0.1:9/x/"},
                             {"DETECTORS_TEXT", "copyleaks"}});
  REQUIRE(both);
  CHECK(both->detection.vendors[VendorId::kCopyleaks].account == "me@a.example");
  CHECK(both->detection.vendors[VendorId::kCopyleaks].key.Reveal() == "k");
  CHECK(both->detection.copyleaks_login_url == "http://127.0.0.1:9/login");
  CHECK(both->detection.vendors[VendorId::kCopyleaks].base_url == "http://127.0.0.1:9/x");
}

TEST_CASE("LoadSettings: vendors must be known, serve the kind, and be named once") {
  const std::string sandbox = "http://localhost:9100";
  const auto complaint = [&](const char* name, const char* value) {
    return Complaint({{name, value}, {"DETECTION_SANDBOX_URL", sandbox}});
  };
  const std::string refused = complaint("DETECTORS_TEXT", "sapling,winston");
  CHECK(refused.starts_with(
      "DETECTORS_TEXT is refused (15 characters, letters, punctuation): expected "
      "a comma list of these, each once at most: sapling,openai,aiornot,"));
  CHECK(refused.ends_with(",custom."));
  for (const VendorInfo& vendor : kVendors) {
    CHECK((refused.find(vendor.name) != std::string::npos) == vendor.text);
  }
  CHECK(complaint("DETECTORS_IMAGE", "sapling").starts_with("DETECTORS_IMAGE is refused"));
  CHECK(complaint("DETECTORS_VIDEO", "Sightengine").starts_with("DETECTORS_VIDEO is refused"));
  // A vendor named twice would be paid twice.
  CHECK(complaint("DETECTORS_TEXT", "openai,openai").starts_with("DETECTORS_TEXT is refused"));
}

TEST_CASE("LoadSettings: a vendor that is named needs its credentials, unless in the sandbox") {
  CHECK(Complaint({{"DETECTORS_IMAGE", "sightengine"}, {"DETECTORS_TEXT", "openai,sapling"}}) ==
        "DETECTORS_IMAGE names sightengine, which needs SIGHTENGINE_API_USER and "
        "SIGHTENGINE_API_SECRET (or DETECTION_SANDBOX_URL, to try without a vendor).\n"
        "DETECTORS_TEXT names openai, which needs OPENAI_API_KEY (or DETECTION_SANDBOX_URL, to try "
        "without a vendor).\n"
        "DETECTORS_TEXT names sapling, which needs SAPLING_API_KEY (or DETECTION_SANDBOX_URL, to "
        "try without a vendor).");
  CHECK(Load({{"DETECTORS_TEXT", "openai"}, {"OPENAI_API_KEY", "k"}}).detection.text.size() == 1);
  CHECK(Load({{"DETECTORS_IMAGE", "sightengine"}, {"DETECTION_SANDBOX_URL", "http://localhost:1"}})
            .detection.image.size() == 1);
}

TEST_CASE("LoadSettings: Sightengine's two credentials come together") {
  CHECK(Complaint({{"SIGHTENGINE_API_USER", "u"}}) ==
        "SIGHTENGINE_API_SECRET is not set: Sightengine needs SIGHTENGINE_API_USER and "
        "SIGHTENGINE_API_SECRET, or neither.");
  CHECK(
      Complaint({{"SIGHTENGINE_API_SECRET", "s"}}).starts_with("SIGHTENGINE_API_USER is not set"));
  // A wrong value is one complaint, not two.
  const std::string one =
      Complaint({{"SIGHTENGINE_API_USER", "u"}, {"SIGHTENGINE_API_SECRET", "a b"}});
  CHECK(std::count(one.begin(), one.end(), '\n') == 0);
}
