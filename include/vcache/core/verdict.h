#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/provenance.h"
#include "vcache/core/video_info.h"

namespace vcache {

/// A score in words: 90 and up, 70, 50, 30, below.
enum class VerdictKey { kAiGenerated, kLikelyAi, kPossiblyAi, kPossiblyReal, kLikelyReal };

VerdictKey VerdictKeyOf(double ai_score) noexcept;
/// The wire name: `ai_generated`, `likely_ai`, `possibly_ai`, `possibly_real`, `likely_real`.
std::string_view VerdictKeyName(VerdictKey key) noexcept;
/// Its colour: `red`, `orange`, `yellow`, `lime`, `green`.
std::string_view VerdictColor(VerdictKey key) noexcept;

/// What a vendor's raw score measures: scores differ in kind, not only in range.
enum class ScoreKind {
  kProbability,  ///< Probability that the whole content was made by AI.
  kShare,        ///< Share of the content that was made by AI.
  kHumanScore,   ///< Inverted: high means human.
  kEnsemble,     ///< A vendor's own mix on its own scale.
  kOpinion,      ///< A language model's judgement; not calibrated.
};

std::string_view ScoreKindName(ScoreKind kind) noexcept;
std::optional<ScoreKind> ScoreKindFromName(std::string_view name) noexcept;

/// A vendor's scores for the frames of a video, each 0 to 100. docs/detection-vendors.md says which
/// of them is the vendor's `score`.
struct FrameScores {
  std::int64_t count = 0;  ///< At least 1.
  double mean = 0;
  double max = 0;
};

/// What one vendor answered, or why it failed.
struct SourceVerdict {
  std::string provider;
  /// 0 to 100, 100 is AI. Empty when the vendor failed; `error` then holds a `CodeName`.
  std::optional<double> score;
  /// The vendor's own confidence, 0 to 100, where it gives one.
  std::optional<double> confidence;
  /// The vendor's own number, of the given `kind`.
  std::optional<double> raw_score;
  ScoreKind kind = ScoreKind::kProbability;
  std::string model;
  std::string error;
  /// For a video, where the vendor scores frame by frame.
  std::optional<FrameScores> frames = std::nullopt;
};

/// A finished analysis of one content. It is a vendor's answer; with `ProvenanceMode::kDecide` it
/// may be what the file declares. A value. Readers of outside data check the invariant: `0 <=
/// ai_score <= 100`, finite.
struct Verdict {
  double ai_score = 0;
  /// Empty where no vendor gives one; never an invented constant.
  std::optional<double> confidence;
  /// The vendor, or a comma list of those that answered.
  std::string provider;
  std::vector<SourceVerdict> sources;
  /// How many of the vendors that answered agree with the majority on "AI or not": `2/3`.
  std::string consensus;
  std::optional<std::int64_t> frames_analyzed;
  std::vector<std::string> indicators;
  /// Generators with scores 0 to 100, best first, where the vendor names them.
  std::vector<std::pair<std::string, double>> generators;
  /// A JSON object with the vendor's other data.
  std::string details = "{}";
  /// What the file says of its origin and, for a video, its container of its length.
  std::optional<Provenance> provenance = std::nullopt;
  std::optional<VideoInfo> video = std::nullopt;
  WallTime analyzed_at{};  ///< `WallTime{}`: unknown (a verdict that other software stored).
  /// From a stand-in, not a paid vendor.
  bool demo = false;
  /// A vendor was asked and did not answer.
  bool partial = false;

  bool is_ai() const noexcept { return ai_score >= 50.0; }
  VerdictKey key() const noexcept { return VerdictKeyOf(ai_score); }
};

/// Whether a number is finite and within 0 to 100.
bool IsScore(double value) noexcept;

}  // namespace vcache
