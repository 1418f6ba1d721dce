#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/provenance.h"

namespace vcache::content {

/// What a text says by naming a generator, or being what one leaves behind.
struct GeneratorClaim {
  ProvenanceClaim claim = ProvenanceClaim::kUnspecified;
  std::string generator;
};

/// A generator that `text` (a name of a program, a credit line) names, as whole words in any case.
std::optional<GeneratorClaim> FindGenerator(std::string_view text);

/// What stands under a keyword of a PNG, or as a comment of a photograph: the parameters of an
/// image generator, known by keyword and form.
std::optional<GeneratorClaim> FindParameters(std::string_view keyword, std::string_view text);

/// China's label of synthetic content (GB 45438-2025, appendix E), a flat JSON object. It says that
/// AI generated or altered the content and not which, so it is the weaker claim; the generator is
/// its producer's name or code.
std::optional<GeneratorClaim> FindAigcLabel(std::string_view text);

/// What a digital source type claims: the URIs of IPTC NewsCodes and C2PA, in their http and https
/// forms. `term` becomes the last part of a known one.
std::optional<ProvenanceClaim> ClaimOfSourceType(std::string_view uri, std::string& term);

}  // namespace vcache::content
