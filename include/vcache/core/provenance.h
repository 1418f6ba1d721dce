#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache {

/// What a file declares of its origin, strongest first. `kAiGenerated`: a generative model made the
/// whole. `kAiEdited`: a model made or changed a part, or the file claims to be both generated and
/// a photograph. `kAlgorithmic`: a program without learning made it. `kCreated`: a human drew it
/// with software. `kEdited`: changed without a generative model. `kCaptured`: by a camera, a
/// scanner, a screen. `kUnspecified`: its manifest does not say.
enum class ProvenanceClaim {
  kAiGenerated,
  kAiEdited,
  kAlgorithmic,
  kCreated,
  kEdited,
  kCaptured,
  kUnspecified,
};

/// The wire name: `ai_generated`, `ai_edited`, ...
std::string_view ProvenanceClaimName(ProvenanceClaim claim) noexcept;
std::optional<ProvenanceClaim> ProvenanceClaimFromName(std::string_view name) noexcept;

/// A file's active C2PA manifest, with or without a claim.
struct DeclaredManifest {
  std::string generator;             ///< The program that wrote it; may be empty.
  std::vector<std::string> actions;  ///< Names of the declared actions: `c2pa.created`.
};

/// What a file says of its own origin. Nothing is verified, not even a manifest's signature: any
/// person can write, change or remove it. Texts are valid UTF-8 without control characters, of
/// bounded length.
struct Provenance {
  ProvenanceClaim claim = ProvenanceClaim::kUnspecified;
  /// Where the claim stands: `c2pa`, `iptc`, `png_text`, `exif`, `xmp`.
  std::vector<std::string> by;
  /// The program, model or camera that it names, or empty.
  std::string generator;
  /// The last part of the IPTC term behind the claim, if any: `trainedAlgorithmicMedia`.
  std::string source_type;
  std::optional<DeclaredManifest> manifest = std::nullopt;
};

/// `DETECTION_PROVENANCE`: how such claims are used.
enum class ProvenanceMode {
  kOff,     ///< Not read.
  kReport,  ///< Reported beside the verdict.
  kDecide,  ///< Also: `kAiGenerated` replaces the paid call. No other claim does.
};

}  // namespace vcache
