#include "config/cross_checks.h"

#include <algorithm>
#include <utility>

#include "config/access_checks.h"
#include "config/custom_checks.h"
#include "config/redis_address.h"
#include "config/values.h"

namespace vcache::config {
namespace {

class Checks {
 public:
  Checks(const Settings& settings, const std::function<bool(std::string_view)>& is_wrong)
      : settings_(settings),
        server_(settings.server),
        detection_(settings.detection),
        budget_(settings.budget),
        redis_(settings.redis),
        is_wrong_(is_wrong) {}

  std::vector<std::string> Run() {
    TextBounds();
    HeadBounds();
    SpoolBounds();
    BudgetBounds();
    for (const VendorInfo& vendor : kVendors) BothOrNone(vendor);
    OneSharedStore();
    OwnLookUps();
    SignedAlerts();
    for (std::string& complaint : CheckCustom(detection_, is_wrong_)) {
      complaints_.push_back(std::move(complaint));
    }
    for (std::string& complaint : CheckAccess(settings_, is_wrong_)) {
      complaints_.push_back(std::move(complaint));
    }
    if (detection_.sandbox_url.empty() && !is_wrong_("DETECTION_SANDBOX_URL")) {
      NamedVendors("DETECTORS_IMAGE", detection_.image);
      NamedVendors("DETECTORS_VIDEO", detection_.video);
      NamedVendors("DETECTORS_TEXT", detection_.text);
    }
    return std::move(complaints_);
  }

 private:
  void OwnLookUps() {
    if (!settings_.history.lookups_are_own) return;
    if (!settings_.access.has_users() && !is_wrong_("API_KEYS") && !is_wrong_("JWT_PUBLIC_KEY")) {
      complaints_.push_back(
          "LOOKUP_SCOPE=own needs users: set API_KEYS or JWT_SECRET (or JWT_PUBLIC_KEY).");
    }
    const bool has_store = !settings_.cache.directory.empty() || redis_.is_shared();
    if (settings_.history.entries > 0 && has_store && settings_.cache.mode != CacheMode::kOff) {
      return;
    }
    complaints_.push_back(
        "LOOKUP_SCOPE=own needs the users' histories: HISTORY_ENTRIES above 0 and a store "
        "(CACHE_DIR "
        "or REDIS_URL).");
  }

  void SignedAlerts() {
    const AlertSettings& alerts = settings_.alerts;
    if (alerts.webhook_secret.empty() || !alerts.webhook_url.empty()) return;
    if (is_wrong_("ALERT_WEBHOOK_URL")) return;
    complaints_.push_back(
        "ALERT_WEBHOOK_SECRET is set without ALERT_WEBHOOK_URL: there is nothing to sign.");
  }

  void TextBounds() {
    if (is_wrong_("TEXT_MIN_CHARS") || is_wrong_("TEXT_MAX_CHARS")) return;
    if (detection_.text_min_chars <= detection_.text_max_chars) return;
    complaints_.push_back("TEXT_MIN_CHARS (" + std::to_string(detection_.text_min_chars) +
                          ") is more than TEXT_MAX_CHARS (" +
                          std::to_string(detection_.text_max_chars) + ").");
  }

  void HeadBounds() {
    if (is_wrong_("MAX_TARGET_BYTES") || is_wrong_("MAX_HEADER_BYTES")) return;
    if (server_.max_target_bytes < server_.max_header_bytes) return;
    complaints_.push_back("MAX_TARGET_BYTES (" + std::to_string(server_.max_target_bytes) +
                          ") must be below MAX_HEADER_BYTES (" +
                          std::to_string(server_.max_header_bytes) +
                          "): the target is a part of the head.");
  }

  void SpoolBounds() {
    if (is_wrong_("SPOOL_DISK_MB") || is_wrong_("SPOOL_PERCENT_PER_ADDRESS") ||
        is_wrong_("MAX_UPLOAD_MB") || server_.spool_disk_bytes == 0) {
      return;
    }
    const std::uint64_t of_one =
        (server_.spool_disk_bytes >> 20U) * server_.spool_percent_per_address / 100 << 20U;
    if (server_.max_upload_bytes <= of_one) return;
    complaints_.push_back("SPOOL_DISK_MB (" + std::to_string(server_.spool_disk_bytes >> 20U) +
                          ") has no room for one upload of MAX_UPLOAD_MB (" +
                          std::to_string(server_.max_upload_bytes >> 20U) +
                          "): one address may use " +
                          std::to_string(server_.spool_percent_per_address) +
                          " % of it (SPOOL_PERCENT_PER_ADDRESS).");
  }

  void BudgetBounds() {
    if (is_wrong_("DAILY_BUDGET_USD") || is_wrong_("MONTHLY_BUDGET_USD")) return;
    if (!budget_.daily || !budget_.monthly) return;
    if (*budget_.daily <= *budget_.monthly) return;
    complaints_.push_back("DAILY_BUDGET_USD (" + budget_.daily->ToText() +
                          ") is more than MONTHLY_BUDGET_USD (" + budget_.monthly->ToText() + ").");
  }

  void BothOrNone(const VendorInfo& vendor) {
    const auto needed = CredentialsOf(vendor, detection_);
    const auto is_set = [](const VendorCredential& credential) { return credential.is_set; };
    if (needed.size() < 2 || std::none_of(needed.begin(), needed.end(), is_set)) return;
    for (const VendorCredential& credential : needed) {
      if (credential.is_set || is_wrong_(credential.variable)) continue;
      complaints_.push_back(std::string(credential.variable) +
                            " is not set: " + std::string(vendor.title) + " needs " +
                            std::string(needed[0].variable) + " and " +
                            std::string(needed[1].variable) + ", or neither.");
    }
  }

  void OneSharedStore() {
    const bool has_url = !redis_.rest_url.empty() || is_wrong_("UPSTASH_REDIS_REST_URL");
    const bool has_token = !redis_.rest_token.empty() || is_wrong_("UPSTASH_REDIS_REST_TOKEN");
    if (has_url != has_token) {
      complaints_.push_back(
          std::string(has_url ? "UPSTASH_REDIS_REST_TOKEN" : "UPSTASH_REDIS_REST_URL") +
          " is not set: Upstash over REST needs UPSTASH_REDIS_REST_URL and "
          "UPSTASH_REDIS_REST_TOKEN, or neither.");
    }
    if (!has_url && !has_token && !redis_.rest_ca.empty()) {
      complaints_.push_back(
          "UPSTASH_REDIS_REST_CA is set without UPSTASH_REDIS_REST_URL (for REDIS_URL it is "
          "?tls_ca=).");
    }
    const bool parts_wrong = is_wrong_("REDIS_URL") || is_wrong_("REDIS_HOST") ||
                             is_wrong_("REDIS_PORT") || is_wrong_("REDIS_USERNAME") ||
                             is_wrong_("REDIS_PASSWORD") || is_wrong_("REDIS_TLS");
    if (!parts_wrong) {
      for (std::string& complaint : CheckRedisParts(redis_)) {
        complaints_.push_back(std::move(complaint));
      }
    }
    if (has_url && redis_.url.empty() && !redis_.host.empty()) {
      complaints_.push_back(
          "REDIS_HOST and UPSTASH_REDIS_REST_URL are both set: there is one shared store; "
          "keep one of them (REDIS_HOST is the faster).");
    }
    if (has_url && !redis_.url.empty()) {
      complaints_.push_back(
          "REDIS_URL and UPSTASH_REDIS_REST_URL are both set: there is one shared store; "
          "keep one of them (REDIS_URL is the faster).");
    }
  }

  void NamedVendors(std::string_view variable, const std::vector<VendorId>& vendors) {
    for (const VendorId id : vendors) {
      const VendorInfo& vendor = InfoOf(id);
      std::string missing;
      for (const VendorCredential& credential : CredentialsOf(vendor, detection_)) {
        if (credential.is_set || is_wrong_(credential.variable)) continue;
        missing += (missing.empty() ? "" : " and ") + std::string(credential.variable);
      }
      if (missing.empty()) continue;
      complaints_.push_back(std::string(variable) + " names " + std::string(vendor.name) +
                            ", which needs " + missing +
                            " (or DETECTION_SANDBOX_URL, to try without a vendor).");
    }
  }

  const Settings& settings_;
  const ServerSettings& server_;
  const DetectionSettings& detection_;
  const BudgetSettings& budget_;
  const RedisSettings& redis_;
  const std::function<bool(std::string_view)>& is_wrong_;
  std::vector<std::string> complaints_;
};

}  // namespace

std::vector<std::string> CrossCheck(const Settings& settings,
                                    const std::function<bool(std::string_view name)>& is_wrong) {
  return Checks(settings, is_wrong).Run();
}

}  // namespace vcache::config
