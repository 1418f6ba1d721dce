#include "vcache/app/wiring/detectors.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/detection/breaker_detector.h"
#include "vcache/detection/limited_detector.h"
#include "vcache/detection/retrying_detector.h"
#include "vcache/detection/vendors/custom_vendor.h"
#include "vcache/detection/vendors/vendors.h"

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

std::vector<detection::MediaKind> KindsOf(const std::vector<std::string>& names) {
  using detection::MediaKind;
  std::vector<MediaKind> kinds;
  for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
    const std::string_view name = detection::MediaKindName(kind);
    if (std::find(names.begin(), names.end(), name) != names.end()) kinds.push_back(kind);
  }
  return kinds;
}

detection::CustomOptions CustomOptionsOf(const config::CustomSettings& custom) {
  detection::CustomOptions options;
  options.endpoint = EndpointOf(custom.vendor, "", "");
  options.method = custom.method;
  options.api_key = custom.key;
  options.headers = custom.headers;
  options.kinds = KindsOf(custom.kinds);
  options.file_field = custom.file_field;
  options.form_fields = custom.form_fields;
  options.body = custom.body;
  options.score = {custom.score_pointer, custom.score_max};
  options.score_is_human = custom.score_is_human;
  options.confidence = {custom.confidence_pointer, custom.confidence_max};
  options.state = {custom.state_pointer, custom.state_done, custom.state_failed,
                   custom.state_pending};
  options.polling = {custom.poll_url, custom.poll_url_pointer, custom.id_pointer,
                     custom.poll_interval};
  options.free_statuses = custom.free_statuses;
  options.cost_unit = custom.cost_unit;
  options.units_pointer = custom.units_pointer;
  return options;
}

/// The vendors that only one key turns on.
void AddKeyedVendors(const config::DetectionSettings& settings, net::HttpClient& http,
                     detection::InterruptibleTimer& pauses, Vendors& vendors) {
  const std::string& sandbox = settings.sandbox_url;
  const bool demo = !sandbox.empty();
  const auto is_wanted = [demo](const Secret& key) { return demo || !key.empty(); };
  const auto key_for = [demo](const Secret& key) {
    return demo ? Secret(kSandboxCredential) : key;
  };
  if (is_wanted(settings.aiornot_key)) {
    vendors.emplace_back("aiornot",
                         detection::MakeAiOrNot({EndpointOf(settings.aiornot, sandbox, "/aiornot"),
                                                 key_for(settings.aiornot_key)},
                                                http));
  }
  if (is_wanted(settings.gptzero_key)) {
    vendors.emplace_back(
        "gptzero", detection::MakeGptZero({EndpointOf(settings.gptzero, sandbox, "/gptzero/v2"),
                                           key_for(settings.gptzero_key)},
                                          http));
  }
  if (is_wanted(settings.hive_key)) {
    vendors.emplace_back("hive",
                         detection::MakeHive({EndpointOf(settings.hive, sandbox, "/hive/api/v3"),
                                              key_for(settings.hive_key)},
                                             http));
  }
  if (is_wanted(settings.pangram_key)) {
    detection::PangramOptions options;
    options.endpoint = EndpointOf(settings.pangram, sandbox, "/pangram");
    options.api_key = key_for(settings.pangram_key);
    vendors.emplace_back("pangram", detection::MakePangram(std::move(options), http, pauses));
  }
  if (is_wanted(settings.copyleaks_key)) {
    detection::CopyleaksOptions options;
    options.endpoint = EndpointOf(settings.copyleaks, sandbox, "/copyleaks");
    options.login_url = demo ? options.endpoint.base_url : settings.copyleaks_login_url;
    options.email = demo ? kSandboxCredential : settings.copyleaks_email;
    options.api_key = key_for(settings.copyleaks_key);
    vendors.emplace_back("copyleaks",
                         detection::MakeCopyleaks(std::move(options), http, pauses.clock()));
  }
  if (is_wanted(settings.realitydefender_key)) {
    detection::RealityDefenderOptions options;
    options.endpoint = EndpointOf(settings.realitydefender, sandbox, "/realitydefender");
    options.api_key = key_for(settings.realitydefender_key);
    vendors.emplace_back("realitydefender",
                         detection::MakeRealityDefender(std::move(options), http, pauses));
  }
}

/// Every vendor that can be called, in the order of the documentation.
Vendors AvailableVendors(const config::DetectionSettings& settings, net::HttpClient& http,
                         detection::InterruptibleTimer& pauses) {
  const std::string& sandbox = settings.sandbox_url;
  const bool demo = !sandbox.empty();
  Vendors vendors;
  if (demo || !settings.sightengine_secret.empty()) {
    detection::SightengineOptions options;
    options.endpoint = EndpointOf(settings.sightengine, sandbox, "/sightengine/1.0");
    options.api_user = demo ? kSandboxCredential : settings.sightengine_user;
    options.api_secret = demo ? Secret(kSandboxCredential) : settings.sightengine_secret;
    options.operations_per_image = settings.sightengine_operations;
    vendors.emplace_back("sightengine",
                         detection::MakeSightengine(std::move(options), http, pauses));
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
  AddKeyedVendors(settings, http, pauses, vendors);
  if (!demo && !settings.custom.vendor.base_url.empty()) {
    vendors.emplace_back("custom",
                         detection::MakeCustom(CustomOptionsOf(settings.custom), http, pauses));
  }
  return vendors;
}

const config::VendorSettings& SettingsOf(const config::DetectionSettings& settings,
                                         std::string_view vendor) {
  if (vendor == "aiornot") return settings.aiornot;
  if (vendor == "copyleaks") return settings.copyleaks;
  if (vendor == "gptzero") return settings.gptzero;
  if (vendor == "hive") return settings.hive;
  if (vendor == "pangram") return settings.pangram;
  if (vendor == "custom") return settings.custom.vendor;
  if (vendor == "realitydefender") return settings.realitydefender;
  if (vendor == "sightengine") return settings.sightengine;
  if (vendor == "sapling") return settings.sapling;
  return settings.openai;
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
  limit.max_calls = SettingsOf(settings, vendor->provider()).max_concurrency;
  detection::RetryOptions retry;
  retry.retries = settings.retries;
  vendor = std::make_shared<detection::LimitedDetector>(std::move(vendor), limit, clock);
  vendor =
      std::make_shared<detection::RetryingDetector>(std::move(vendor), std::move(retry), clock);
  return std::make_shared<detection::BreakerDetector>(std::move(vendor),
                                                      detection::BreakerOptions{}, clock, logger);
}

/// Who judges in the sandbox where nobody is named: enough for a first try to show one vendor alone
/// and two together. The others are there for whoever names them.
constexpr std::array<std::string_view, 3> kFirstTry = {"sightengine", "sapling", "openai"};

std::vector<std::shared_ptr<Detector>> Choose(const Vendors& vendors,
                                              const std::vector<std::string>& names,
                                              detection::MediaKind kind, bool demo) {
  std::vector<std::shared_ptr<Detector>> chosen;
  if (names.empty()) {
    for (const auto& [name, detector] : vendors) {
      const bool asked =
          !demo || std::find(kFirstTry.begin(), kFirstTry.end(), name) != kFirstTry.end();
      if (asked && detector->Accepts(kind)) chosen.push_back(detector);
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
                                   detection::InterruptibleTimer& pauses, Clock& clock,
                                   Logger& logger) {
  using detection::MediaKind;
  Vendors vendors = AvailableVendors(settings, http, pauses);
  for (auto& [name, vendor] : vendors)
    vendor = Protected(std::move(vendor), settings, clock, logger);
  const bool demo = !settings.sandbox_url.empty();
  return {Choose(vendors, settings.image, MediaKind::kImage, demo),
          Choose(vendors, settings.video, MediaKind::kVideo, demo),
          Choose(vendors, settings.text, MediaKind::kText, demo), clock,
          detection::PanelOptions{settings.provenance, settings.mode, &pauses}};
}

std::chrono::milliseconds LongestCall(const config::DetectionSettings& settings,
                                      const detection::DetectorPanel& panel) {
  using detection::MediaKind;
  using std::chrono::milliseconds;
  milliseconds longest =
      std::max({settings.aiornot.timeout, settings.copyleaks.timeout,
                settings.custom.vendor.timeout, settings.gptzero.timeout, settings.hive.timeout,
                settings.openai.timeout, settings.pangram.timeout, settings.realitydefender.timeout,
                settings.sapling.timeout, settings.sightengine.timeout});
  if (settings.mode == DetectionMode::kConsensus) return longest;
  for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
    milliseconds in_order{0};
    for (const std::string& vendor : panel.Providers(kind)) {
      in_order += SettingsOf(settings, vendor).timeout;
    }
    longest = std::max(longest, in_order);
  }
  return longest;
}

}  // namespace vcache::app
