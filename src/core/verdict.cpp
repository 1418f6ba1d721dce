#include "vcache/core/verdict.h"

#include <array>
#include <cmath>

#include "vcache/core/enum_table.h"

namespace vcache {
namespace {

struct Band {
  double from;
  VerdictKey key;
  std::string_view name;
  std::string_view color;
};

constexpr std::array<Band, 5> kBands = {{
    {90, VerdictKey::kAiGenerated, "ai_generated", "red"},
    {70, VerdictKey::kLikelyAi, "likely_ai", "orange"},
    {50, VerdictKey::kPossiblyAi, "possibly_ai", "yellow"},
    {30, VerdictKey::kPossiblyReal, "possibly_real", "lime"},
    {0, VerdictKey::kLikelyReal, "likely_real", "green"},
}};

const Band& BandOf(VerdictKey key) {
  return kBands[static_cast<std::size_t>(key)];
}

constexpr EnumNames<ScoreKind, 5> kKinds = {
    {"probability", "share", "human_score", "ensemble", "opinion"}};
static_assert(kKinds.Of(ScoreKind::kOpinion) == "opinion");

}  // namespace

VerdictKey VerdictKeyOf(double ai_score) noexcept {
  for (const Band& band : kBands) {
    if (ai_score >= band.from) return band.key;
  }
  return VerdictKey::kLikelyReal;
}

std::string_view VerdictKeyName(VerdictKey key) noexcept {
  return BandOf(key).name;
}

std::string_view VerdictColor(VerdictKey key) noexcept {
  return BandOf(key).color;
}

std::string_view ScoreKindName(ScoreKind kind) noexcept {
  return kKinds.Of(kind);
}

std::optional<ScoreKind> ScoreKindFromName(std::string_view name) noexcept {
  return kKinds.Find(name);
}

bool IsScore(double value) noexcept {
  return std::isfinite(value) && value >= 0 && value <= 100;
}

}  // namespace vcache
