#pragma once

#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/provenance.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::detection {

/// Inspects the file of a task: the container of a video, and the claims of origin unless `mode` is
/// off. Empty for texts and for an unreadable file. Never throws.
LocalInspection LookAt(const DetectionTask& task, ProvenanceMode mode) noexcept;

/// The verdict on a file that declares itself generated: score 100, no confidence, as unverified.
Verdict DeclaredVerdict(const Provenance& provenance, WallTime now);

/// Begins `cache.detectors` where declarations decide. Increase the number when their rules change.
inline constexpr std::string_view kProvenanceFingerprint = "provenance:1";

}  // namespace vcache::detection
