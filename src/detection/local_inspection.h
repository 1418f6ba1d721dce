#pragma once

#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/provenance.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::detection {

/// Looks into the file of a task: at the container of a video, and at what it declares unless
/// `mode` is off. Texts tell nothing. Never throws: a file that cannot be read tells nothing.
LocalInspection LookAt(const DetectionTask& task, ProvenanceMode mode) noexcept;

/// The verdict on a file that declares itself generated: a score of 100, by `provenance`, without a
/// confidence, because nobody verified it.
Verdict DeclaredVerdict(const Provenance& provenance, WallTime now);

/// What `cache.detectors` begins with where declarations decide; the number goes up when what
/// counts as one changes.
inline constexpr std::string_view kProvenanceFingerprint = "provenance:1";

}  // namespace vcache::detection
