#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"
#include "vcache/core/verdict.h"

namespace vcache::detection {

/// The generators in one answer: the highest score of each name, known or not. Keeps the best
/// `kMaxNames` and none below 1 of 100: some vendors list every generator that they know.
class GeneratorScores {
 public:
  static constexpr std::size_t kMaxNames = 32;
  static constexpr double kLeast = 1;

  /// Adds one; ignores a value outside 0 to 1 or of another type (rule J3).
  void Add(std::string_view name, const Json* value);
  /// Adds an object of names and numbers; ignores another or missing value.
  void AddMap(const Json* map);

  std::vector<std::pair<std::string, double>> BestFirst() const;

 private:
  std::map<std::string, double, std::less<>> best_;
};

/// The frames of a video in one answer. The headline is the highest frame: one generated scene
/// makes a generated video, and the mean of a long clip would hide it.
class FrameTally {
 public:
  /// A frame's number, 0 to 1. False when invalid: the answer has no verdict, as missing is not 0.
  bool Add(const Json* raw);

  std::int64_t count() const noexcept { return count_; }
  /// Sets score, raw number and frames. Needs at least one frame.
  void FillIn(SourceVerdict& source) const;

 private:
  std::int64_t count_ = 0;
  double sum_ = 0;
  std::optional<double> max_;
  std::optional<double> raw_of_max_;
};

}  // namespace vcache::detection
