#include "vcache/app/wiring/detectors.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
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
/// Null: cannot be called.
using Vendors = ByVendor<std::shared_ptr<Detector>>;

detection::VendorEndpoint EndpointOf(const config::DetectionSettings& settings, VendorId id) {
  const config::VendorSettings& vendor = settings.vendors[id];
  const bool sandbox = !settings.sandbox_url.empty();
  return {sandbox ? settings.sandbox_url + std::string(InfoOf(id).sandbox_path) : vendor.base_url,
          vendor.timeout, vendor.cost, sandbox};
}

/// Credentials that the sandbox takes as good; real ones are never sent to it.
constexpr const char* kSandboxCredential = "sandbox";

std::vector<detection::MediaKind> KindsOf(const std::vector<std::string>& names) {
  std::vector<detection::MediaKind> kinds;
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    const std::string_view name = detection::MediaKindName(kind);
    if (std::find(names.begin(), names.end(), name) != names.end()) kinds.push_back(kind);
  }
  return kinds;
}

detection::CustomOptions CustomOptionsOf(const config::DetectionSettings& settings) {
  const config::CustomSettings& custom = settings.custom;
  detection::CustomOptions options;
  options.endpoint = EndpointOf(settings, VendorId::kCustom);
  options.method = custom.method;
  options.api_key = settings.vendors[VendorId::kCustom].key;
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

/// The sandbox has every vendor but the one by configuration.
bool IsAvailable(VendorId id, const config::DetectionSettings& settings) {
  if (!settings.sandbox_url.empty()) return id != VendorId::kCustom;
  const config::VendorSettings& vendor = settings.vendors[id];
  return id == VendorId::kCustom ? !vendor.base_url.empty() : !vendor.key.empty();
}

std::shared_ptr<Detector> Make(VendorId id, const config::DetectionSettings& settings,
                               net::HttpClient& http, detection::InterruptibleTimer& pauses) {
  if (id == VendorId::kCustom)
    return detection::MakeCustom(CustomOptionsOf(settings), http, pauses);
  const config::VendorSettings& vendor = settings.vendors[id];
  const bool demo = !settings.sandbox_url.empty();
  detection::VendorOptions options;
  options.endpoint = EndpointOf(settings, id);
  options.api_key = demo ? Secret(kSandboxCredential) : vendor.key;
  options.account = demo ? kSandboxCredential : vendor.account;
  options.operations_per_image = settings.sightengine_operations;
  options.model = settings.openai_model;
  options.login_url = demo ? options.endpoint.base_url : settings.copyleaks_login_url;
  return detection::MakeVendor(id, std::move(options), {http, pauses});
}

/// A vendor with what protects it and our money. The order matters:
/// - The limit is innermost: each try waits for a turn of its own, and a pause holds none.
/// - Retries stand around it: a try that found no turn ends them, as the vendor was not asked.
/// - The breaker is outermost: it judges by how whole calls ended, so that what a retry mends is no
///   fault, and while it is open nobody stands in line or pauses for a vendor that cannot answer.
std::shared_ptr<Detector> Protected(std::shared_ptr<Detector> vendor, std::size_t max_calls,
                                    const config::DetectionSettings& settings, Clock& clock,
                                    Logger& logger) {
  detection::LimitOptions limit;
  limit.max_calls = max_calls;
  detection::RetryOptions retry;
  retry.retries = settings.retries;
  vendor = std::make_shared<detection::LimitedDetector>(std::move(vendor), limit, clock);
  vendor =
      std::make_shared<detection::RetryingDetector>(std::move(vendor), std::move(retry), clock);
  return std::make_shared<detection::BreakerDetector>(std::move(vendor),
                                                      detection::BreakerOptions{}, clock, logger);
}

/// The vendors that the sandbox asks by default: a first try shows one vendor alone and two
/// together. DETECTORS_* names the others.
constexpr std::array kFirstTry = {VendorId::kSightengine, VendorId::kSapling, VendorId::kOpenAi};

std::vector<std::shared_ptr<Detector>> Choose(const Vendors& vendors,
                                              const std::vector<VendorId>& named,
                                              detection::MediaKind kind, bool demo) {
  std::vector<std::shared_ptr<Detector>> chosen;
  for (const VendorId id : named) {
    if (vendors[id] != nullptr) chosen.push_back(vendors[id]);
  }
  if (!named.empty()) return chosen;
  for (const VendorInfo& vendor : kVendors) {
    const auto& detector = vendors[vendor.id];
    const bool asked =
        !demo || std::find(kFirstTry.begin(), kFirstTry.end(), vendor.id) != kFirstTry.end();
    if (asked && detector != nullptr && detector->Accepts(kind)) chosen.push_back(detector);
  }
  return chosen;
}

}  // namespace

detection::DetectorPanel MakePanel(const config::DetectionSettings& settings, net::HttpClient& http,
                                   detection::InterruptibleTimer& pauses, Clock& clock,
                                   Logger& logger) {
  using detection::MediaKind;
  Vendors vendors;
  for (const VendorInfo& vendor : kVendors) {
    if (!IsAvailable(vendor.id, settings)) continue;
    vendors[vendor.id] =
        Protected(Make(vendor.id, settings, http, pauses),
                  settings.vendors[vendor.id].max_concurrency, settings, clock, logger);
  }
  const bool demo = !settings.sandbox_url.empty();
  return {Choose(vendors, settings.image, MediaKind::kImage, demo),
          Choose(vendors, settings.video, MediaKind::kVideo, demo),
          Choose(vendors, settings.text, MediaKind::kText, demo), clock,
          detection::PanelOptions{settings.provenance, settings.mode, &pauses}};
}

std::chrono::milliseconds LongestCall(const config::DetectionSettings& settings,
                                      const detection::DetectorPanel& panel) {
  using std::chrono::milliseconds;
  milliseconds longest{0};
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    milliseconds together{0};
    milliseconds in_order{0};
    for (const std::string& name : panel.Providers(kind)) {
      const milliseconds timeout = settings.vendors[FindVendor(name)->id].timeout;
      together = std::max(together, timeout);
      in_order += timeout;
    }
    longest = std::max(longest, settings.mode == DetectionMode::kFallback ? in_order : together);
  }
  return longest;
}

}  // namespace vcache::app
