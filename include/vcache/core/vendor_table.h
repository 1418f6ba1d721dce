#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "vcache/core/enum_table.h"
#include "vcache/core/usd.h"

namespace vcache {

/// The vendors with an adapter of their own, in the default order of asking. The name `Hive` makes
/// `VendorId::kHive`, the factory `MakeHive` (`detection/vendors`) and the routes `AddHive`
/// (`sandbox/vendors`). A program whose vendor lacks one of the two does not link.
#define VCACHE_BUILT_IN_VENDORS(X) \
  X(Sightengine)                   \
  X(Sapling)                       \
  X(OpenAi)                        \
  X(AiOrNot)                       \
  X(GptZero)                       \
  X(Hive)                          \
  X(Pangram)                       \
  X(Copyleaks)                     \
  X(RealityDefender)

enum class VendorId {
#define VCACHE_ID(name) k##name,
  VCACHE_BUILT_IN_VENDORS(VCACHE_ID)
#undef VCACHE_ID
      kCustom,  ///< The vendor by configuration, `CUSTOM_*`.
};

/// A variable of the environment that opens a vendor, and what documentation says of it.
struct VendorCredential {
  std::string_view variable{};
  std::string_view description{};
};

/// What the rooms know of one vendor. Its wire format only its adapter and its routes in the
/// sandbox know.
struct VendorInfo {
  VendorId id;
  std::string_view name;    ///< In settings, verdicts and logs.
  std::string_view title;   ///< As people write it.
  std::string_view prefix;  ///< Of its variables: `<prefix>_BASE_URL` and so on.
  bool image = false;
  bool video = false;
  bool text = false;
  std::string_view base_url{};  ///< The default; without a slash at the end.
  std::chrono::milliseconds timeout{std::chrono::minutes(1)};
  Usd cost = Usd::FromMicros(10'000);
  std::size_t max_concurrency = 8;
  std::string_view sandbox_path{};  ///< Its base below the sandbox's root.
  VendorCredential key{};           ///< The secret.
  VendorCredential account{};       ///< What is needed together with the key, if anything is.
  // What documentation says of its variables; empty: what it says of most vendors.
  std::string_view timeout_text{};
  std::string_view cost_text{};
  std::string_view calls_text{};
};

/// One row for each `VendorId`, in its order.
inline constexpr auto kVendors = std::to_array<VendorInfo>({
    {.id = VendorId::kSightengine,
     .name = "sightengine",
     .title = "Sightengine",
     .prefix = "SIGHTENGINE",
     .image = true,
     .video = true,
     .base_url = "https://api.sightengine.com/1.0",
     .timeout = std::chrono::minutes(2),
     .sandbox_path = "/sightengine/1.0",
     .key = {"SIGHTENGINE_API_SECRET",
             "Sightengine: the API secret, needed together with the user"},
     .account = {"SIGHTENGINE_API_USER", "Sightengine (images, videos): the account's API user"},
     .timeout_text = "Time for a call of Sightengine, which judges a video within one call",
     .cost_text = "Price of Sightengine for an image or a frame of a video"},
    {.id = VendorId::kSapling,
     .name = "sapling",
     .title = "Sapling",
     .prefix = "SAPLING",
     .text = true,
     .base_url = "https://api.sapling.ai",
     .timeout = std::chrono::seconds(30),
     .cost = Usd::FromMicros(5'000),
     .sandbox_path = "/sapling",
     .key = {"SAPLING_API_KEY", "Sapling (texts): the API key"},
     .cost_text = "Price of Sapling for each started 1,000 characters"},
    {.id = VendorId::kOpenAi,
     .name = "openai",
     .title = "OpenAI",
     .prefix = "OPENAI",
     .text = true,
     .base_url = "https://api.openai.com/v1",
     .cost = Usd::FromMicros(1'000),
     .sandbox_path = "/openai/v1",
     .key = {"OPENAI_API_KEY", "OpenAI (texts, opinion of a language model): the API key"},
     .cost_text =
         "Estimate of what OpenAI costs for each started 5,000 characters; it charges by tokens"},
    {.id = VendorId::kAiOrNot,
     .name = "aiornot",
     .title = "AI or Not",
     .prefix = "AIORNOT",
     .image = true,
     .video = true,
     .text = true,
     .base_url = "https://api.aiornot.com",
     .timeout = std::chrono::minutes(2),  // the vendor asks for that with a video
     .sandbox_path = "/aiornot",
     .key = {"AIORNOT_API_KEY", "AI or Not (images, videos, texts): the API key"},
     .timeout_text = "Time for a call of AI or Not, which judges a video within one call",
     .cost_text = "Price of AI or Not for an analysis: an estimate, set it for your plan"},
    {.id = VendorId::kGptZero,
     .name = "gptzero",
     .title = "GPTZero",
     .prefix = "GPTZERO",
     .text = true,
     .base_url = "https://api.gptzero.me/v2",
     .timeout = std::chrono::seconds(30),
     .cost = Usd::FromMicros(150'000),
     .sandbox_path = "/gptzero/v2",
     .key = {"GPTZERO_API_KEY", "GPTZero (texts): the API key"},
     .cost_text = "Price of GPTZero for 1,000 words, counted in parts"},
    {.id = VendorId::kHive,
     .name = "hive",
     .title = "Hive",
     .prefix = "HIVE",
     .image = true,
     .video = true,
     .base_url = "https://api.thehive.ai/api/v3",
     .timeout = std::chrono::minutes(2),
     .sandbox_path = "/hive/api/v3",
     .key = {"HIVE_API_KEY", "Hive (images, videos): the secret key of a version 3 project"},
     .timeout_text = "Time for a call of Hive, which judges a video within one call",
     .cost_text = "Price of Hive for an image or a video: an estimate, set it for your plan"},
    {.id = VendorId::kPangram,
     .name = "pangram",
     .title = "Pangram",
     .prefix = "PANGRAM",
     .text = true,
     .base_url = "https://text.external-api.pangram.com",
     .cost = Usd::FromMicros(50'000),
     .sandbox_path = "/pangram",
     .key = {"PANGRAM_API_KEY", "Pangram (texts): the API key"},
     .timeout_text = "Time for an analysis of Pangram, with the wait for its result",
     .cost_text = "Price of Pangram for each started 1,000 words",
     .calls_text = "Analyses of Pangram"},
    {.id = VendorId::kCopyleaks,
     .name = "copyleaks",
     .title = "Copyleaks",
     .prefix = "COPYLEAKS",
     .text = true,
     .base_url = "https://api.copyleaks.com",
     .sandbox_path = "/copyleaks",
     .key = {"COPYLEAKS_API_KEY", "Copyleaks (texts): the API key, needed together with the email"},
     .account = {"COPYLEAKS_EMAIL", "Copyleaks: the account's email"},
     .timeout_text = "Time for a call of Copyleaks, with the login",
     .cost_text = "Price of a Copyleaks credit, which is 250 words"},
    {.id = VendorId::kRealityDefender,
     .name = "realitydefender",
     .title = "Reality Defender",
     .prefix = "REALITYDEFENDER",
     .image = true,
     .video = true,
     .base_url = "https://api.prd.realitydefender.xyz",
     .timeout = std::chrono::minutes(3),  // upload and waiting together
     .cost = Usd::FromMicros(50'000),     // no price is published
     .sandbox_path = "/realitydefender",
     .key = {"REALITYDEFENDER_API_KEY", "Reality Defender (images, videos): the API key"},
     .timeout_text = "Time for Reality Defender, upload and wait for the result together",
     .cost_text = "Price of Reality Defender for a file; none is published, so set yours",
     .calls_text = "Files with Reality Defender"},
    {.id = VendorId::kCustom,
     .name = "custom",
     .title = "the custom vendor",
     .prefix = "CUSTOM",
     .image = true,
     .video = true,
     .text = true,
     .sandbox_path = "/custom"},
});

constexpr const VendorInfo& InfoOf(VendorId id) {
  return kVendors[static_cast<std::size_t>(id)];
}

/// Null for a name that no vendor has.
constexpr const VendorInfo* FindVendor(std::string_view name) {
  for (const VendorInfo& vendor : kVendors) {
    if (vendor.name == name) return &vendor;
  }
  return nullptr;
}

/// One value for each vendor.
template <typename T>
struct ByVendor {
  T& operator[](VendorId id) { return values[static_cast<std::size_t>(id)]; }
  const T& operator[](VendorId id) const { return values[static_cast<std::size_t>(id)]; }

  std::array<T, kVendors.size()> values{};
};

static_assert(HasRowForEach(kVendors, &VendorInfo::id, VendorId::kCustom));

}  // namespace vcache
