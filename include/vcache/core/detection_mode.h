#pragma once

namespace vcache {

/// `DETECTION_MODE`: how several vendors of one kind of content are asked.
enum class DetectionMode {
  kConsensus,  ///< All at the same time; their verdicts are put together.
  kFallback,   ///< One after another, until one gives a verdict.
};

}  // namespace vcache
