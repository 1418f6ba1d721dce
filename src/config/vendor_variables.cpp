#include <string>
#include <utility>

#include "config/values.h"
#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr const char* kCredentialIs = "at most 512 printable characters without spaces";

std::string Or(std::string_view text, std::string usual) {
  return text.empty() ? std::move(usual) : std::string(text);
}

/// The account, where there is one, `_API_KEY` or what it is called, `_BASE_URL`, `_TIMEOUT_MS`,
/// `_COST_USD` and `_MAX_CONCURRENCY` of one vendor.
void AddCommon(const VendorInfo& vendor, std::vector<Variable>& table) {
  const std::string prefix(vendor.prefix);
  const std::string title(vendor.title);
  const auto of = [id = vendor.id](auto& s) -> auto& {
    return s.detection.vendors[id];
  };
  if (!vendor.account.variable.empty()) {
    table.push_back(Text(
        {std::string(vendor.account.variable), "", std::string(vendor.account.description)},
        kCredentialIs, IsCredential, [of](auto& s) -> auto& { return of(s).account; }));
  }
  table.push_back(Text(
      {std::string(vendor.key.variable), "", std::string(vendor.key.description)}, kCredentialIs,
      IsCredential, [of](auto& s) -> auto& { return of(s).key; }));
  table.push_back(BaseUrl(
      {prefix + "_BASE_URL", "",
       "Where " + title + (title.ends_with('s') ? "'" : "'s") + " API is"},
      [of](auto& s) -> auto& { return of(s).base_url; }));
  table.push_back(Whole(
      {prefix + "_TIMEOUT_MS", "ms", Or(vendor.timeout_text, "Time for a call of " + title)}, 1,
      600'000, [of](auto& s) -> auto& { return of(s).timeout; }));
  table.push_back(Amount(
      {prefix + "_COST_USD", "USD", std::string(vendor.cost_text)}, [of](auto& s) -> auto& {
        return of(s).cost;
      }));
  table.push_back(Whole(
      {prefix + "_MAX_CONCURRENCY", "",
       Or(vendor.calls_text, "Calls of " + title) + " at once; others wait"},
      1, 1000, [of](auto& s) -> auto& { return of(s).max_concurrency; }));
}

/// What only this vendor has; most have nothing.
void AddOwn(VendorId vendor, std::vector<Variable>& table) {
  if (vendor == VendorId::kSightengine) {
    table.push_back(Whole(
        {"SIGHTENGINE_OPERATIONS_PER_IMAGE", "",
         "Sightengine's operations that SIGHTENGINE_COST_USD pays for; more in an answer cost "
         "more; "
         "0: count only images and frames"},
        0, 1'000, &DetectionSettings::sightengine_operations));
  }
  if (vendor == VendorId::kOpenAi) {
    table.push_back(Harmless(Text({"OPENAI_MODEL", "", "OpenAI: the model that is asked"},
                                  kCredentialIs, IsCredential, &DetectionSettings::openai_model)));
  }
  if (vendor == VendorId::kCopyleaks) {
    table.push_back(BaseUrl({"COPYLEAKS_LOGIN_URL", "", "Where Copyleaks' login is"},
                            &DetectionSettings::copyleaks_login_url));
  }
}

}  // namespace

std::vector<Variable> VendorVariables() {
  std::vector<Variable> table;
  for (const VendorInfo& vendor : kVendors) {
    if (vendor.id == VendorId::kCustom) continue;  // CustomVariables
    AddCommon(vendor, table);
    AddOwn(vendor.id, table);
  }
  return table;
}

}  // namespace vcache::config
