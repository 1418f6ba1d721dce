// What files declare of themselves, whole, and what it costs to find that out. The first byte of
// the input chooses the type.

#include <algorithm>

#include "content/provenance/shown_text.h"
#include "fuzz/fuzz_target.h"
#include "support/cost_meter.h"
#include "support/media_files.h"
#include "vcache/content/provenance/provenance.h"

using namespace vcache;
using content::MediaType;
using vcache::fuzz::Require;

namespace {

/// Texts of a file reach logs and pages: only what can be shown, and not much of it.
void CheckText(const std::string& text, std::size_t most) {
  Require(text.size() <= most, "texts are bounded");
  Require(content::ShownText(text, most) == text, "texts are fit to be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr MediaType kTypes[] = {MediaType::kJpeg, MediaType::kPng, MediaType::kWebp,
                                  MediaType::kMp4};
  if (size == 0) return 0;
  const MediaType type = kTypes[data[0] % std::size(kTypes)];
  const content::Spool spool = test::SpoolOf(vcache::fuzz::Text(data + 1, size - 1));
  std::optional<Provenance> declared;
  const test::Cost cost = test::CostOf([&] { declared = content::ReadProvenance(spool, type); });
  // EXIF, XMP, IPTC records, manifests and texts: five packets, which share their memory.
  Require(cost.bytes <= test::MostPacketMemory(size), "memory follows from the file's size");
  Require(cost.time <= 5 * test::kMostPacketTime, "time is bounded");
  if (!declared) return 0;
  Require(!declared->by.empty() && declared->by.size() <= 5, "a claim stands somewhere");
  CheckText(declared->generator, 128);
  CheckText(declared->source_type, 64);
  if (declared->manifest) {
    CheckText(declared->manifest->generator, 128);
    Require(declared->manifest->actions.size() <= 16, "actions are bounded");
    for (const std::string& action : declared->manifest->actions) CheckText(action, 64);
  }
  Require(ProvenanceClaimFromName(ProvenanceClaimName(declared->claim)) == declared->claim,
          "each claim has a name");
  return 0;
}
