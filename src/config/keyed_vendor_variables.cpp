#include "config/keyed_vendor_variables.h"

#include <array>
#include <utility>

#include "config/values.h"
#include "config/variable_kinds.h"

namespace vcache::config {
namespace {

constexpr std::int64_t kMaxTimeoutMs = 600'000;

/// `_API_KEY`, `_BASE_URL`, `_TIMEOUT_MS`, `_COST_USD` and `_MAX_CONCURRENCY` of one vendor.
template <typename Key, typename Vendor>
std::vector<Variable> KeyedVendor(const std::array<Doc, 5>& docs, Key key, Vendor vendor) {
  return {
      Text(docs[0], "at most 512 printable characters without spaces", IsCredential, key),
      BaseUrl(
          docs[1], [vendor](auto& s) -> auto& { return vendor(s).base_url; }),
      Whole(
          docs[2], 1, kMaxTimeoutMs, [vendor](auto& s) -> auto& { return vendor(s).timeout; }),
      Usd(
          docs[3], [vendor](auto& s) -> auto& { return vendor(s).cost_micros; }),
      Whole(
          docs[4], 1, 1000, [vendor](auto& s) -> auto& { return vendor(s).max_concurrency; }),
  };
}

std::vector<Variable> AiOrNot() {
  return KeyedVendor(
      {{{"AIORNOT_API_KEY", "", "AI or Not (images, videos, texts): the API key"},
        {"AIORNOT_BASE_URL", "", "Where AI or Not's API is"},
        {"AIORNOT_TIMEOUT_MS", "ms",
         "Time for a call of AI or Not, which judges a video within one call"},
        {"AIORNOT_COST_USD", "USD",
         "Price of AI or Not for an analysis: an estimate, set it for your plan"},
        {"AIORNOT_MAX_CONCURRENCY", "", "Calls of AI or Not at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.aiornot_key; },
      [](auto& s) -> auto& { return s.detection.aiornot; });
}

std::vector<Variable> Copyleaks() {
  std::vector<Variable> table = KeyedVendor(
      {{{"COPYLEAKS_API_KEY", "", "Copyleaks (texts): the API key, needed together with the email"},
        {"COPYLEAKS_BASE_URL", "", "Where Copyleaks' API is"},
        {"COPYLEAKS_TIMEOUT_MS", "ms", "Time for a call of Copyleaks, with the login"},
        {"COPYLEAKS_COST_USD", "USD", "Price of a Copyleaks credit, which is 250 words"},
        {"COPYLEAKS_MAX_CONCURRENCY", "", "Calls of Copyleaks at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.copyleaks_key; },
      [](auto& s) -> auto& { return s.detection.copyleaks; });
  table.push_back(Text(
      {"COPYLEAKS_EMAIL", "", "Copyleaks: the account's email"},
      "at most 512 printable characters without spaces", IsCredential,
      [](auto& s) -> auto& { return s.detection.copyleaks_email; }));
  table.push_back(BaseUrl(
      {"COPYLEAKS_LOGIN_URL", "", "Where Copyleaks' login is"},
      [](auto& s) -> auto& { return s.detection.copyleaks_login_url; }));
  return table;
}

std::vector<Variable> GptZero() {
  return KeyedVendor(
      {{{"GPTZERO_API_KEY", "", "GPTZero (texts): the API key"},
        {"GPTZERO_BASE_URL", "", "Where GPTZero's API is"},
        {"GPTZERO_TIMEOUT_MS", "ms", "Time for a call of GPTZero"},
        {"GPTZERO_COST_USD", "USD", "Price of GPTZero for 1,000 words, counted in parts"},
        {"GPTZERO_MAX_CONCURRENCY", "", "Calls of GPTZero at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.gptzero_key; },
      [](auto& s) -> auto& { return s.detection.gptzero; });
}

std::vector<Variable> Hive() {
  return KeyedVendor(
      {{{"HIVE_API_KEY", "", "Hive (images, videos): the secret key of a version 3 project"},
        {"HIVE_BASE_URL", "", "Where Hive's API is"},
        {"HIVE_TIMEOUT_MS", "ms", "Time for a call of Hive, which judges a video within one call"},
        {"HIVE_COST_USD", "USD",
         "Price of Hive for an image or a video: an estimate, set it for your plan"},
        {"HIVE_MAX_CONCURRENCY", "", "Calls of Hive at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.hive_key; },
      [](auto& s) -> auto& { return s.detection.hive; });
}

std::vector<Variable> Pangram() {
  return KeyedVendor(
      {{{"PANGRAM_API_KEY", "", "Pangram (texts): the API key"},
        {"PANGRAM_BASE_URL", "", "Where Pangram's API is"},
        {"PANGRAM_TIMEOUT_MS", "ms",
         "Time for an analysis of Pangram, with the wait for its result"},
        {"PANGRAM_COST_USD", "USD", "Price of Pangram for each started 1,000 words"},
        {"PANGRAM_MAX_CONCURRENCY", "", "Analyses of Pangram at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.pangram_key; },
      [](auto& s) -> auto& { return s.detection.pangram; });
}

std::vector<Variable> RealityDefender() {
  return KeyedVendor(
      {{{"REALITYDEFENDER_API_KEY", "", "Reality Defender (images, videos): the API key"},
        {"REALITYDEFENDER_BASE_URL", "", "Where Reality Defender's API is"},
        {"REALITYDEFENDER_TIMEOUT_MS", "ms",
         "Time for Reality Defender, upload and wait for the result together"},
        {"REALITYDEFENDER_COST_USD", "USD",
         "Price of Reality Defender for a file; none is published, so set yours"},
        {"REALITYDEFENDER_MAX_CONCURRENCY", "",
         "Files with Reality Defender at once; others wait"}}},
      [](auto& s) -> auto& { return s.detection.realitydefender_key; },
      [](auto& s) -> auto& { return s.detection.realitydefender; });
}

}  // namespace

std::vector<Variable> KeyedVendorVariables() {
  std::vector<Variable> all;
  std::array<std::vector<Variable>, 6> vendors{AiOrNot(), Copyleaks(), GptZero(),
                                               Hive(),    Pangram(),   RealityDefender()};
  for (std::vector<Variable>& vendor : vendors) {
    for (Variable& variable : vendor) all.push_back(std::move(variable));
  }
  return all;
}

}  // namespace vcache::config
