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

/// What a score says in words, by its bounds: 90 and up, 70, 50, 30, below.
enum class VerdictKey { kAiGenerated, kLikelyAi, kPossiblyAi, kPossiblyReal, kLikelyReal };

VerdictKey VerdictKeyOf(double ai_score) noexcept;
/// The name on the wire: `ai_generated`, `likely_ai`, `possibly_ai`, `possibly_real`,
/// `likely_real`.
std::string_view VerdictKeyName(VerdictKey key) noexcept;
/// The colour that goes with it: `red`, `orange`, `yellow`, `lime`, `green`.
std::string_view VerdictColor(VerdictKey key) noexcept;

/// What kind of number a vendor's raw score is: they differ in kind, not only in range.
enum class ScoreKind {
  kProbability,  ///< Probability that the whole content was made by AI.
  kShare,        ///< Share of the content that was.
  kHumanScore,   ///< Inverted: high means human.
  kEnsemble,     ///< A vendor's own mix on its own scale.
  kOpinion,      ///< A language model's judgement; not calibrated.
};

std::string_view ScoreKindName(ScoreKind kind) noexcept;
std::optional<ScoreKind> ScoreKindFromName(std::string_view name) noexcept;

/// What a vendor said of the frames of a video, each score 0 to 100. Which of the two numbers is
/// the vendor's `score` says docs/detection-vendors.md.
struct FrameScores {
  std::int64_t count = 0;  ///< At least 1.
  double mean = 0;
  double max = 0;
};

/// What one vendor said, or why it said nothing.
struct SourceVerdict {
  std::string provider;
  /// 0 to 100, 100 is AI. Empty when this vendor failed: then `error` says why (a `CodeName`).
  std::optional<double> score;
  /// The vendor's own sureness, 0 to 100, where it gives one.
  std::optional<double> confidence;
  /// The number as the vendor gave it, and what kind of number it is.
  std::optional<double> raw_score;
  ScoreKind kind = ScoreKind::kProbability;
  std::string model;
  std::string error;
  /// Of a video, where the vendor tells frame by frame.
  std::optional<FrameScores> frames = std::nullopt;
};

/// A finished analysis of one content: always a vendor's answer, never a guess of ours; where the
/// site says so (`ProvenanceMode::kDecide`) also what the file declares of itself. A value;
/// the invariant `0 <= ai_score <= 100`, finite, is checked wherever one is read from outside.
struct Verdict {
  double ai_score = 0;
  /// Empty where no vendor says how sure it is; never an invented constant.
  std::optional<double> confidence;
  /// The vendor, or a comma list of those that answered.
  std::string provider;
  std::vector<SourceVerdict> sources;
  /// Vendors that say "AI or not" like the majority, of those that answered, as `2/3`.
  std::string consensus;
  std::optional<std::int64_t> frames_analyzed;
  std::vector<std::string> indicators;
  /// Generator names with scores of 0 to 100, best first, where the vendor tells.
  std::vector<std::pair<std::string, double>> generators;
  /// A JSON object with what else the vendor told.
  std::string details = "{}";
  /// What the file says of its origin and, of a video, its container of its length.
  std::optional<Provenance> provenance = std::nullopt;
  std::optional<VideoInfo> video = std::nullopt;
  WallTime analyzed_at{};  ///< `WallTime{}` when unknown: of verdicts that other software stored.
  /// From a stand-in, not from a paid vendor.
  bool demo = false;
  /// A vendor that was asked did not answer.
  bool partial = false;

  /// From 50 up.
  bool is_ai() const noexcept { return ai_score >= 50.0; }
  VerdictKey key() const noexcept { return VerdictKeyOf(ai_score); }
};

/// Whether a number may be a score: finite and within 0 to 100.
bool IsScore(double value) noexcept;

}  // namespace vcache
