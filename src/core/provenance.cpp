#include "vcache/core/provenance.h"

#include "vcache/core/enum_table.h"

namespace vcache {
namespace {

constexpr EnumNames<ProvenanceClaim, 7> kClaims = {
    {"ai_generated", "ai_edited", "algorithmic", "created", "edited", "captured", "unspecified"}};
static_assert(kClaims.Of(ProvenanceClaim::kUnspecified) == "unspecified");

}  // namespace

std::string_view ProvenanceClaimName(ProvenanceClaim claim) noexcept {
  return kClaims.Of(claim);
}

std::optional<ProvenanceClaim> ProvenanceClaimFromName(std::string_view name) noexcept {
  return kClaims.Find(name);
}

}  // namespace vcache
