#include "vcache/core/provenance.h"

#include <array>
#include <utility>

namespace vcache {
namespace {

constexpr std::array<std::pair<ProvenanceClaim, std::string_view>, 7> kClaims = {{
    {ProvenanceClaim::kAiGenerated, "ai_generated"},
    {ProvenanceClaim::kAiEdited, "ai_edited"},
    {ProvenanceClaim::kAlgorithmic, "algorithmic"},
    {ProvenanceClaim::kCreated, "created"},
    {ProvenanceClaim::kEdited, "edited"},
    {ProvenanceClaim::kCaptured, "captured"},
    {ProvenanceClaim::kUnspecified, "unspecified"},
}};

}  // namespace

std::string_view ProvenanceClaimName(ProvenanceClaim claim) noexcept {
  return kClaims[static_cast<std::size_t>(claim)].second;
}

std::optional<ProvenanceClaim> ProvenanceClaimFromName(std::string_view name) noexcept {
  for (const auto& [claim, claim_name] : kClaims) {
    if (claim_name == name) return claim;
  }
  return std::nullopt;
}

}  // namespace vcache
