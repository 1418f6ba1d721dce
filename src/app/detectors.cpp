#include "app/detectors.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/detection/breaker_detector.h"
#include "vcache/detection/limited_detector.h"
#include "vcache/detection/retrying_detector.h"
#include "vcache/detection/vendors.h"

namespace vcache::app {
namespace {

using detection::Detector;
using Vendors = std::vector<std::pair<std::string, std::shared_ptr<Detector>>>;

detection::VendorEndpoint EndpointOf(const config::VendorSettings& vendor,
                                     const std::string& sandbox_url, std::string_view path) {
  detection::VendorEndpoint endpoint;
  endpoint.sandbox = !sandbox_url.empty();
  endpoint.base_url = endpoint.sandbox ? sandbox_url + std::string(path) : vendor.base_url;
  endpoint.timeout = vendor.timeout;
  endpoint.cost_micros = vendor.cost_micros;
  return endpoint;
}

/// Credentials that the sandbox takes as good; real ones are never sent to it.
constexpr const char* kSandboxCredential = "sandbox";

/// Every vendor that can be called, in the order of the documentation.
Vendors AvailableVendors(const config::DetectionSettings& settings, net::HttpClient& http) {
  const std::string& sandbox = settings.sandbox_url;
  const bool demo = !sandbox.empty();
  Vendors vendors;
  if (demo || !settings.sightengine_secret.empty()) {
    vendors.emplace_back("sightengine",
                         detection::MakeSightengine(
                             {EndpointOf(settings.sightengine, sandbox, "/sightengine/1.0"),
                              demo ? kSandboxCredential : settings.sightengine_user,
                              demo ? Secret(kSandboxCredential) : settings.sightengine_secret},
                             http));
  }
  if (demo || !settings.sapling_key.empty()) {
    vendors.emplace_back("sapling", detection::MakeSapling(
                                        {EndpointOf(settings.sapling, sandbox, "/sapling"),
                                         demo ? Secret(kSandboxCredential) : settings.sapling_key},
                                        http));
  }
  if (demo || !settings.openai_key.empty()) {
    vendors.emplace_back(
        "openai", detection::MakeOpenAi({EndpointOf(settings.openai, sandbox, "/openai/v1"),
                                         demo ? Secret(kSandboxCredential) : settings.openai_key,
                                         settings.openai_model},
                                        http));
  }
  return vendors;
}

std::size_t ConcurrencyOf(const config::DetectionSettings& settings, std::string_view vendor) {
  if (vendor == "sightengine") return settings.sightengine.max_concurrency;
  if (vendor == "sapling") return settings.sapling.max_concurrency;
  if (vendor == "openai") return settings.openai.max_concurrency;
  return config::VendorSettings{}.max_concurrency;
}

/// A vendor with what protects it and our money. The order matters:
/// - The limit is innermost: each try waits for a turn of its own, and a pause holds none.
/// - Retries stand around it: a try that found no turn ends them, as the vendor was not asked.
/// - The breaker is outermost: it judges by how whole calls ended, so that what a retry mends is no
///   fault, and while it is open nobody stands in line or pauses for a vendor that cannot answer.
std::shared_ptr<Detector> Protected(std::shared_ptr<Detector> vendor,
                                    const config::DetectionSettings& settings, Clock& clock,
                                    Logger& logger) {
  detection::LimitOptions limit;
  limit.max_calls = ConcurrencyOf(settings, vendor->provider());
  detection::RetryOptions retry;
  retry.retries = settings.retries;
  vendor = std::make_shared<detection::LimitedDetector>(std::move(vendor), limit, clock);
  vendor =
      std::make_shared<detection::RetryingDetector>(std::move(vendor), std::move(retry), clock);
  return std::make_shared<detection::BreakerDetector>(std::move(vendor),
                                                      detection::BreakerOptions{}, clock, logger);
}

std::vector<std::shared_ptr<Detector>> Choose(const Vendors& vendors,
                                              const std::vector<std::string>& names,
                                              detection::MediaKind kind) {
  std::vector<std::shared_ptr<Detector>> chosen;
  if (names.empty()) {
    for (const auto& [name, detector] : vendors) {
      if (detector->Accepts(kind)) chosen.push_back(detector);
    }
    return chosen;
  }
  for (const std::string& wanted : names) {
    for (const auto& [name, detector] : vendors) {
      if (name == wanted) chosen.push_back(detector);
    }
  }
  return chosen;
}

}  // namespace

detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   Clock& clock, Logger& logger) {
  using detection::MediaKind;
  Vendors vendors = AvailableVendors(settings, http);
  for (auto& [name, vendor] : vendors)
    vendor = Protected(std::move(vendor), settings, clock, logger);
  return {Choose(vendors, settings.image, MediaKind::kImage),
          Choose(vendors, settings.video, MediaKind::kVideo),
          Choose(vendors, settings.text, MediaKind::kText), clock, settings.provenance};
}

}  // namespace vcache::app
