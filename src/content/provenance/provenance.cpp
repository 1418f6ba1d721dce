#include "vcache/content/provenance/provenance.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content/provenance/c2pa_manifest.h"
#include "content/provenance/known_generators.h"
#include "content/provenance/metadata_packets.h"
#include "content/provenance/packet_parsers.h"
#include "content/provenance/shown_text.h"

namespace vcache::content {
namespace {

constexpr std::size_t kMaxGeneratorBytes = 128;
constexpr std::size_t kMaxActions = 16;
constexpr std::size_t kMaxActionBytes = 64;

struct Finding {
  ProvenanceClaim claim = ProvenanceClaim::kUnspecified;
  std::string_view by{};
  std::string generator{};
  std::string source_type{};
};

Finding FindingOf(const C2paManifest& manifest) {
  Finding strongest{.by = "c2pa", .generator = manifest.generator};
  for (const C2paAction& action : manifest.actions) {
    std::string term;
    auto claim = ClaimOfSourceType(action.source_type, term);
    if (!claim) continue;
    // A model that changed an existing content did not generate the whole.
    if (*claim == ProvenanceClaim::kAiGenerated && action.name != "c2pa.created") {
      claim = ProvenanceClaim::kAiEdited;
    }
    if (*claim >= strongest.claim) continue;
    strongest.claim = *claim;
    strongest.source_type = term;
    strongest.generator = action.agent.empty() ? manifest.generator : action.agent;
  }
  return strongest;
}

bool HasAction(const C2paManifest& manifest, std::string_view name) {
  return std::any_of(manifest.actions.begin(), manifest.actions.end(),
                     [&](const C2paAction& action) { return action.name == name; });
}

DeclaredManifest ShownManifest(const C2paManifest& manifest) {
  DeclaredManifest shown{ShownText(manifest.generator, kMaxGeneratorBytes), {}};
  for (const C2paAction& action : manifest.actions) {
    if (shown.actions.size() >= kMaxActions) break;
    if (!action.name.empty()) shown.actions.push_back(ShownText(action.name, kMaxActionBytes));
  }
  return shown;
}

/// The active manifest describes the file, the others its ingredients. If it neither creates nor
/// places content, it passes on the ingredient's state. Otherwise generated ingredients are a part.
void ReadManifests(const std::vector<C2paManifest>& manifests, std::vector<Finding>& findings) {
  if (manifests.empty()) {
    findings.push_back({.by = "c2pa"});
    return;
  }
  const C2paManifest& active = manifests.back();
  findings.push_back(FindingOf(active));
  const bool passes_on = !HasAction(active, "c2pa.created") && !HasAction(active, "c2pa.placed");
  for (std::size_t i = 0; i + 1 < manifests.size(); ++i) {
    Finding ingredient = FindingOf(manifests[i]);
    if (ingredient.claim == ProvenanceClaim::kAiGenerated && !passes_on) {
      ingredient.claim = ProvenanceClaim::kAiEdited;
    }
    findings.push_back(std::move(ingredient));
  }
}

/// The model often begins with the maker's name.
std::string CameraOf(const ExifFacts& facts) {
  return facts.model.starts_with(facts.make) ? facts.model : facts.make + " " + facts.model;
}

void AddGenerator(std::optional<GeneratorClaim> found, std::string_view by,
                  std::vector<Finding>& findings) {
  if (found) findings.push_back({found->claim, by, std::move(found->generator), {}});
}

void ReadXmp(const FileView& packet, std::vector<Finding>& findings) {
  const XmpFacts facts = ParseXmp(packet.All(kMaxPacketBytes));
  Finding declared{.by = "iptc"};
  if (const auto claim = ClaimOfSourceType(facts.source_type, declared.source_type)) {
    declared.claim = *claim;
    declared.generator = !facts.ai_system.empty() ? facts.ai_system : facts.creator_tool;
    findings.push_back(std::move(declared));
  }
  AddGenerator(FindGenerator(facts.creator_tool), "xmp", findings);
  AddGenerator(FindGenerator(facts.credit), "xmp", findings);
  AddGenerator(FindAigcLabel(facts.aigc), "xmp", findings);
}

void ReadExif(const FileView& packet, std::vector<Finding>& findings) {
  const ExifFacts facts = ParseExif(packet.All(kMaxPacketBytes));
  AddGenerator(FindGenerator(facts.software), "exif", findings);
  AddGenerator(FindParameters("UserComment", facts.comment), "exif", findings);
  // ComfyUI writes its graph into a WebP's camera maker and model fields.
  bool is_graph = false;
  for (const std::string_view value :
       {std::string_view(facts.make), std::string_view(facts.model)}) {
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) continue;
    auto graph = FindParameters(value.substr(0, colon), value.substr(colon + 1));
    is_graph = is_graph || graph.has_value();
    AddGenerator(std::move(graph), "exif", findings);
  }
  if (!is_graph && !facts.make.empty() && !facts.model.empty()) {
    findings.push_back({ProvenanceClaim::kCaptured, "exif", CameraOf(facts), {}});
  }
}

void ReadIptc(const FileView& packet, std::vector<Finding>& findings) {
  const IptcFacts facts = ParseIptc(packet.All(kMaxPacketBytes));
  AddGenerator(FindGenerator(facts.program), "iptc", findings);
  AddGenerator(FindGenerator(facts.credit), "iptc", findings);
}

bool Claims(const std::vector<Finding>& findings, ProvenanceClaim claim) {
  return std::any_of(findings.begin(), findings.end(),
                     [claim](const Finding& finding) { return finding.claim == claim; });
}

/// The strongest claim wins; all findings that make it are listed. "Generated" and "photograph"
/// together contradict each other: the result is then the weaker claim, an edit.
Provenance Conclude(const std::vector<Finding>& findings) {
  using enum ProvenanceClaim;
  Provenance provenance;
  for (const Finding& finding : findings) {
    provenance.claim = std::min(provenance.claim, finding.claim);
  }
  const bool torn = Claims(findings, kAiGenerated) && Claims(findings, kCaptured);
  if (torn) provenance.claim = kAiEdited;
  for (const Finding& finding : findings) {
    const bool supports = finding.claim == provenance.claim ||
                          (torn && (finding.claim == kAiGenerated || finding.claim == kCaptured));
    if (!supports) continue;
    auto& by = provenance.by;
    if (std::find(by.begin(), by.end(), finding.by) == by.end()) by.emplace_back(finding.by);
    if (torn && finding.claim == kCaptured) continue;  // the generator is not the camera
    if (provenance.generator.empty()) {
      provenance.generator = ShownText(finding.generator, kMaxGeneratorBytes);
    }
    if (provenance.source_type.empty()) provenance.source_type = finding.source_type;
  }
  return provenance;
}

}  // namespace

std::optional<Provenance> ReadProvenance(const Spool& file, MediaType type) {
  ReadBudget budget;
  const MetadataPackets packets = FindMetadata(FileView(file, budget), type);
  std::vector<Finding> findings;
  std::optional<DeclaredManifest> manifest;
  for (const FileView& run : packets.jumbf) {
    const auto manifests = ReadC2paStore(run);
    if (!manifests) continue;
    ReadManifests(*manifests, findings);
    manifest = ShownManifest(manifests->empty() ? C2paManifest() : manifests->back());
    break;
  }
  ReadXmp(packets.xmp, findings);
  for (const auto& [keyword, text] : packets.texts) {
    AddGenerator(FindParameters(keyword, text), "png_text", findings);
  }
  ReadExif(packets.exif, findings);
  ReadIptc(packets.iptc, findings);
  if (findings.empty()) return std::nullopt;
  Provenance provenance = Conclude(findings);
  provenance.manifest = std::move(manifest);
  return provenance;
}

}  // namespace vcache::content
