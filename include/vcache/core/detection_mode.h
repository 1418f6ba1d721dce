#pragma once

namespace vcache {

/// `DETECTION_MODE`: how several vendors for one kind of content are asked.
enum class DetectionMode {
  kConsensus,  ///< All at once; their verdicts are combined.
  kFallback,   ///< One after another, until one gives a verdict.
};

}  // namespace vcache
