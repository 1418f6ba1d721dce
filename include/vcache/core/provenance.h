#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache {

/// What a file declares of its origin, strongest first. `kAiGenerated`: the whole was made by a
/// generative model. `kAiEdited`: a part was, or it was changed by one, or the file claims both to
/// be generated and to be a photograph. `kAlgorithmic`: by a program that learned from nothing.
/// `kCreated`: drawn by a human with software. `kEdited`: changed without a generative model.
/// `kCaptured`: by a camera, a scanner, a screen. `kUnspecified`: it has a manifest that does not
/// say.
enum class ProvenanceClaim {
  kAiGenerated,
  kAiEdited,
  kAlgorithmic,
  kCreated,
  kEdited,
  kCaptured,
  kUnspecified,
};

/// The name on the wire: `ai_generated`, `ai_edited`, ...
std::string_view ProvenanceClaimName(ProvenanceClaim claim) noexcept;
std::optional<ProvenanceClaim> ProvenanceClaimFromName(std::string_view name) noexcept;

/// A C2PA manifest that lies in a file, whether or not it makes a claim: its active one.
struct DeclaredManifest {
  std::string generator;             ///< The program that wrote it; may be empty.
  std::vector<std::string> actions;  ///< Names of what it says was done: `c2pa.created`.
};

/// What a file says of its own origin. A claim that anybody can write, change or take out: nothing
/// of it is verified, signatures of manifests included. Texts are valid UTF-8 without control
/// characters, of bounded length.
struct Provenance {
  ProvenanceClaim claim = ProvenanceClaim::kUnspecified;
  /// Where the claim stands: `c2pa`, `iptc`, `png_text`, `exif`, `xmp`.
  std::vector<std::string> by;
  /// The program, model or camera that is named; empty when none is.
  std::string generator;
  /// The last part of the IPTC term, when one is behind the claim: `trainedAlgorithmicMedia`.
  std::string source_type;
  std::optional<DeclaredManifest> manifest = std::nullopt;
};

/// `DETECTION_PROVENANCE`: what becomes of such claims.
enum class ProvenanceMode {
  kOff,     ///< Not read.
  kReport,  ///< Told beside the verdict.
  kDecide,  ///< Also: `kAiGenerated` stands in for the paid call. No other claim ever does.
};

}  // namespace vcache
