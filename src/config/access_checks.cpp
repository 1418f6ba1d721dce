#include "config/access_checks.h"

#include <algorithm>
#include <array>

#include "config/url.h"

namespace vcache::config {
namespace {

constexpr std::array<std::string_view, 4> kUserVariables = {
    "API_KEYS", "JWT_SECRET", "JWT_SECRET_PREVIOUS", "JWT_PUBLIC_KEY"};

class AccessChecks {
 public:
  AccessChecks(const Settings& settings, const std::function<bool(std::string_view)>& is_wrong)
      : settings_(settings), access_(settings.access), is_wrong_(is_wrong) {}

  std::vector<std::string> Run() {
    Rotation("ADMIN_TOKEN", access_.admin_token, access_.admin_token_previous);
    Rotation("JWT_SECRET", access_.jwt_secret, access_.jwt_secret_previous);
    OneOwnerOfEachKey();
    OpenOrNot();
    NoPublicWallet();
    return std::move(complaints_);
  }

 private:
  bool AnyWrong(const auto& names) const {
    return std::any_of(names.begin(), names.end(), is_wrong_);
  }

  /// A secret that stands in for one that is not set was probably meant to be that one.
  void Rotation(const std::string& name, const Secret& current, const Secret& previous) {
    if (previous.empty() || !current.empty() || is_wrong_(name)) return;
    complaints_.push_back(name + "_PREVIOUS is set without " + name +
                          ": it is for the time in which the one replaces the other.");
  }

  /// The same key under two names: the log would name the wrong caller, and one could have rights
  /// that the other must not have.
  void OneOwnerOfEachKey() {
    struct Held {
      std::string name;
      const Secret* value;
    };
    std::vector<Held> held;
    const auto add = [&](std::string name, const Secret& value) {
      if (value.empty()) return;
      for (const Held& other : held) {
        if (!other.value->Equals(value.Reveal())) continue;
        complaints_.push_back(name + " is the same as " + other.name +
                              ": give each its own, so that a leaked one can be taken away.");
        return;
      }
      held.push_back({std::move(name), &value});
    };
    add("ADMIN_TOKEN", access_.admin_token);
    add("ADMIN_TOKEN_PREVIOUS", access_.admin_token_previous);
    add("METRICS_TOKEN", access_.metrics_token);
    for (const NamedKey& key : access_.admin_tokens) add("ADMIN_TOKENS: " + key.name, key.value);
    for (const NamedKey& key : access_.api_keys) add("API_KEYS: " + key.name, key.value);
    add("JWT_SECRET", access_.jwt_secret);
    add("JWT_SECRET_PREVIOUS", access_.jwt_secret_previous);
  }

  void OpenOrNot() {
    if (!access_.open || !access_.has_users()) return;
    complaints_.push_back(
        "ACCESS=open and API_KEYS, JWT_SECRET or JWT_PUBLIC_KEY are both set: analyses are open to "
        "everybody, or to those callers only. Keep one of them.");
  }

  void NoPublicWallet() {
    if (access_.open || access_.has_users() || AnyWrong(kUserVariables) || is_wrong_("ACCESS")) {
      return;
    }
    if (is_wrong_("HOST") || ListensOnLoopback(settings_.server)) return;
    if (is_wrong_("DETECTION_SANDBOX_URL")) return;
    const std::vector<VendorId> vendors = PaidVendors(settings_.detection);
    if (vendors.empty()) return;
    complaints_.push_back(
        "No access is configured: whoever reaches the port could spend your money at " +
        std::string(InfoOf(vendors.front()).title) +
        ". Set API_KEYS or JWT_SECRET (or JWT_PUBLIC_KEY), so that only your callers may analyse; "
        "or HOST=127.0.0.1, if they are all on this machine; or ACCESS=open, if something in front "
        "lets only your callers through.");
  }

  const Settings& settings_;
  const AccessSettings& access_;
  const std::function<bool(std::string_view)>& is_wrong_;
  std::vector<std::string> complaints_;
};

}  // namespace

std::vector<VendorCredential> CredentialsOf(const VendorInfo& vendor,
                                            const DetectionSettings& settings) {
  const VendorSettings& given = settings.vendors[vendor.id];
  if (vendor.id == VendorId::kCustom) return {{"CUSTOM_URL", !given.base_url.empty()}};
  const VendorCredential key{vendor.key.variable, !given.key.empty()};
  if (vendor.account.variable.empty()) return {key};
  return {{vendor.account.variable, !given.account.empty()}, key};
}

std::vector<VendorId> PaidVendors(const DetectionSettings& settings) {
  std::vector<VendorId> paid;
  if (!settings.sandbox_url.empty()) return paid;
  for (const VendorInfo& vendor : kVendors) {
    const auto needed = CredentialsOf(vendor, settings);
    const bool callable = std::all_of(needed.begin(), needed.end(),
                                      [](const VendorCredential& one) { return one.is_set; });
    if (callable) paid.push_back(vendor.id);
  }
  return paid;
}

bool SpendsWithoutBudget(const Settings& settings) {
  if (settings.budget.daily || settings.budget.monthly) return false;
  const std::vector<VendorId> paid = PaidVendors(settings.detection);
  return std::any_of(paid.begin(), paid.end(), [&](VendorId vendor) {
    return !settings.detection.vendors[vendor].monthly_budget;
  });
}

bool ListensOnLoopback(const ServerSettings& settings) {
  return IsLoopbackHost(settings.host);
}

std::vector<std::string> CheckAccess(const Settings& settings,
                                     const std::function<bool(std::string_view name)>& is_wrong) {
  return AccessChecks(settings, is_wrong).Run();
}

}  // namespace vcache::config
