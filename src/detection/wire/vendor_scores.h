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

/// Which generators a vendor sees in a content, gathered from one answer: the highest score of each
/// name. Vendors add names at any time, so any name is taken, made harmless and short; but only the
/// best so many of them, and none below 1 of 100: some vendors list everything that they know.
class GeneratorScores {
 public:
  static constexpr std::size_t kMaxNames = 32;
  static constexpr double kLeast = 1;

  /// Takes one; a value that is no number of 0 to 1 (rule J3) is left out.
  void Add(std::string_view name, const Json* value);
  /// Takes an object of names and numbers; nothing when it is none or missing.
  void AddMap(const Json* map);

  std::vector<std::pair<std::string, double>> BestFirst() const;

 private:
  std::map<std::string, double, std::less<>> best_;
};

/// The frames of a video while an answer is read. The headline is the highest frame, because one
/// generated scene makes a generated video and the mean of a long clip would hide it.
class FrameTally {
 public:
  /// The vendor's number of a frame, 0 to 1. False when it is none: then the answer has no verdict,
  /// because a missing number is not 0.
  bool Add(const Json* raw);

  std::int64_t count() const noexcept { return count_; }
  /// Score, raw number and frames. At least one frame was added.
  void FillIn(SourceVerdict& source) const;

 private:
  std::int64_t count_ = 0;
  double sum_ = 0;
  std::optional<double> max_;
  std::optional<double> raw_of_max_;
};

}  // namespace vcache::detection
