#include "content/c2pa_manifest.h"

#include <string_view>
#include <utility>

#include "content/cbor.h"
#include "content/iso_boxes.h"
#include "content/octets.h"

namespace vcache::content {
namespace {

constexpr std::uint64_t kMaxCborBytes = 64 * 1024;
constexpr std::size_t kMaxLabelBytes = 256;
constexpr std::size_t kMaxAgentBytes = 256;

/// The label of a JUMBF superbox, from the description that is its first box: 16 bytes of type, a
/// byte of switches of which 2 announces the label, the label with a NUL behind it.
std::string LabelOf(const FileView& superbox) {
  const auto description = FindIsoBox(superbox, "jumd");
  if (!description) return {};
  const auto bytes = description->payload.ReadUpTo(0, 17 + kMaxLabelBytes);
  if (!bytes || bytes->size() < 17 || (Octet(*bytes, 16) & 2U) == 0) return {};
  return bytes->substr(17, bytes->find('\0', 17) - 17);
}

/// The CBOR that a superbox holds.
std::optional<CborValue> CborIn(const FileView& superbox) {
  const auto box = FindIsoBox(superbox, "cbor");
  if (!box || box->payload.size() > kMaxCborBytes) return std::nullopt;
  const auto bytes = box->payload.Read(0, static_cast<std::size_t>(box->payload.size()));
  return bytes ? ReadCbor(*bytes) : std::nullopt;
}

/// `name` and `version` of a map that describes a program, or a plain text.
std::string ProgramOf(const CborValue* value) {
  if (value == nullptr) return {};
  if (value->kind == CborValue::Kind::kText) return value->text.substr(0, kMaxAgentBytes);
  std::string name(value->TextOf("name").substr(0, kMaxAgentBytes));
  if (const auto version = value->TextOf("version"); !name.empty() && !version.empty()) {
    name += " " + std::string(version.substr(0, kMaxAgentBytes));
  }
  return name;
}

/// The claim names its writer as a map (version 2), a list of maps (version 1) or a text.
std::string GeneratorOf(const CborValue& claim) {
  const CborValue* info = claim.Find("claim_generator_info");
  if (info != nullptr && info->kind == CborValue::Kind::kArray && !info->items.empty()) {
    info = &info->items.front();
  }
  std::string name = ProgramOf(info);
  return !name.empty() ? name : ProgramOf(claim.Find("claim_generator"));
}

void ReadActions(const CborValue& assertion, C2paManifest& manifest) {
  const CborValue* actions = assertion.Find("actions");
  if (actions == nullptr) return;
  for (const CborValue& action : actions->items) {
    if (manifest.actions.size() >= kMaxC2paActions) return;
    manifest.actions.push_back({std::string(action.TextOf("action")),
                                std::string(action.TextOf("digitalSourceType")),
                                ProgramOf(action.Find("softwareAgent"))});
  }
}

void ReadAssertions(const FileView& assertions, C2paManifest& manifest) {
  IsoBoxWalk walk(assertions);
  while (const auto box = walk.Next()) {
    // `c2pa.actions`, `c2pa.actions.v2`, `c2pa.actions__1`
    if (box->type != "jumb" || !LabelOf(box->payload).starts_with("c2pa.actions")) continue;
    if (const auto assertion = CborIn(box->payload)) ReadActions(*assertion, manifest);
  }
}

C2paManifest ReadManifest(const FileView& superbox) {
  C2paManifest manifest;
  IsoBoxWalk walk(superbox);
  while (const auto box = walk.Next()) {
    if (box->type != "jumb") continue;
    const std::string label = LabelOf(box->payload);
    if (label == "c2pa.assertions") ReadAssertions(box->payload, manifest);
    if (label == "c2pa.claim" || label == "c2pa.claim.v2") {
      if (const auto claim = CborIn(box->payload)) manifest.generator = GeneratorOf(*claim);
    }
  }
  return manifest;
}

}  // namespace

std::optional<std::vector<C2paManifest>> ReadC2paStore(const FileView& store) {
  const auto outer = FindIsoBox(store, "jumb");
  if (!outer || LabelOf(outer->payload) != "c2pa") return std::nullopt;
  std::vector<C2paManifest> manifests;
  IsoBoxWalk walk(outer->payload);
  while (const auto box = walk.Next()) {
    if (box->type != "jumb") continue;
    manifests.push_back(ReadManifest(box->payload));
  }
  // The active one is the last: where that was not reached, nothing is known.
  if (!walk.at_end()) manifests.clear();
  return manifests;
}

}  // namespace vcache::content
