#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/provenance.h"

namespace vcache::content {

/// What a text states by naming a generator, or by having the form of a generator's output.
struct GeneratorClaim {
  ProvenanceClaim claim = ProvenanceClaim::kUnspecified;
  std::string generator;
};

/// The generator that `text` (a program's name, a credit line) names, as whole words in any case.
std::optional<GeneratorClaim> FindGenerator(std::string_view text);

/// Recognises an image generator's parameters in a PNG text or a photograph's comment.
std::optional<GeneratorClaim> FindParameters(std::string_view keyword, std::string_view text);

/// China's label of synthetic content (GB 45438-2025, appendix E), a flat JSON object. It states
/// that AI generated or altered the content, not which, so it counts as the weaker claim. The
/// generator is its producer's name or code.
std::optional<GeneratorClaim> FindAigcLabel(std::string_view text);

/// The claim of a digital source type: URIs of IPTC NewsCodes and C2PA, with http or https. Sets
/// `term` to the last part of a known URI.
std::optional<ProvenanceClaim> ClaimOfSourceType(std::string_view uri, std::string& term);

}  // namespace vcache::content
