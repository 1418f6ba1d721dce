#include "content/provenance/c2pa_manifest.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "content/container/iso_boxes.h"
#include "content/octets.h"
#include "content/provenance/cbor.h"

namespace vcache::content {
namespace {

constexpr std::uint64_t kMaxCborBytes = 64 * 1024;
constexpr std::size_t kMaxLabelBytes = 256;
constexpr std::size_t kMaxAgentBytes = 256;

/// The label of a JUMBF superbox, from its first box, the description: 16 bytes of type, a byte of
/// flags (2 announces a label), the label and a NUL.
std::string LabelOf(const FileView& superbox) {
  const auto description = FindIsoBox(superbox, {"jumd"});
  if (!description) return {};
  const auto bytes = description->payload.ReadUpTo(0, 17 + kMaxLabelBytes);
  if (!bytes || bytes->size() < 17 || (Octet(*bytes, 16) & 2U) == 0) return {};
  return bytes->substr(17, bytes->find('\0', 17) - 17);
}

/// The CBOR bytes of a superbox; empty when there are none or too many.
std::string CborBytesIn(const FileView& superbox) {
  const auto box = FindIsoBox(superbox, {"cbor"});
  return box ? box->payload.All(kMaxCborBytes) : std::string();
}

/// `name` and `version` of a map that describes a program, or the text itself.
std::string ProgramOf(const std::optional<CborValue>& value) {
  if (!value) return {};
  if (value->kind == CborValue::Kind::kText)
    return std::string(value->text.substr(0, kMaxAgentBytes));
  std::string name(value->TextOf("name").substr(0, kMaxAgentBytes));
  if (const auto version = value->TextOf("version"); !name.empty() && !version.empty()) {
    name += " " + std::string(version.substr(0, kMaxAgentBytes));
  }
  return name;
}

/// The claim names its writer as a map (version 2), a list of maps (version 1) or a text.
std::string GeneratorOf(const CborValue& claim) {
  auto info = claim.Find("claim_generator_info");
  if (info && info->kind == CborValue::Kind::kArray) {
    const auto first = CborWalk(*info).Next();
    info = first ? std::optional(first->value) : std::nullopt;
  }
  std::string name = ProgramOf(info);
  return !name.empty() ? name : ProgramOf(claim.Find("claim_generator"));
}

/// Reads the manifests of one store; one limit covers all of them.
class StoreReader {
 public:
  C2paManifest ReadManifest(const FileView& superbox) {
    C2paManifest manifest;
    IsoBoxWalk walk(superbox);
    while (const auto box = walk.Next()) {
      if (box->type != "jumb") continue;
      const std::string label = LabelOf(box->payload);
      if (label == "c2pa.assertions") ReadAssertions(box->payload, manifest);
      if (label == "c2pa.claim" || label == "c2pa.claim.v2") {
        const std::string bytes = CborBytesIn(box->payload);
        if (const auto claim = Read(bytes)) manifest.generator = GeneratorOf(*claim);
      }
    }
    return manifest;
  }

 private:
  std::optional<CborValue> Read(std::string_view bytes) {
    std::size_t values = std::min(kMaxCborValues, values_left_);
    const std::size_t before = values;
    auto value = ReadCbor(bytes, values);
    values_left_ -= before - values;
    return value;
  }

  void ReadActions(const CborValue& assertion, C2paManifest& manifest) {
    const auto actions = assertion.Find("actions");
    if (!actions) return;
    CborWalk walk(*actions);
    while (const auto action = walk.Next()) {
      if (manifest.actions.size() >= kMaxC2paActions || actions_left_ == 0) return;
      C2paAction told{std::string(action->value.TextOf("action")),
                      std::string(action->value.TextOf("digitalSourceType")),
                      ProgramOf(action->value.Find("softwareAgent"))};
      if (told.name.empty() && told.source_type.empty()) continue;  // states nothing
      --actions_left_;
      manifest.actions.push_back(std::move(told));
    }
  }

  void ReadAssertions(const FileView& assertions, C2paManifest& manifest) {
    IsoBoxWalk walk(assertions);
    while (const auto box = walk.Next()) {
      // For example `c2pa.actions`, `c2pa.actions.v2`, `c2pa.actions__1`.
      if (box->type != "jumb" || !LabelOf(box->payload).starts_with("c2pa.actions")) continue;
      const std::string bytes = CborBytesIn(box->payload);
      if (const auto assertion = Read(bytes)) ReadActions(*assertion, manifest);
    }
  }

  std::size_t values_left_ = kMaxC2paValues;
  std::size_t actions_left_ = kMaxC2paStoreActions;
};

}  // namespace

std::optional<std::vector<C2paManifest>> ReadC2paStore(const FileView& store) {
  const auto outer = FindIsoBox(store, {"jumb"});
  if (!outer || LabelOf(outer->payload) != "c2pa") return std::nullopt;
  std::vector<C2paManifest> manifests;
  StoreReader reader;
  IsoBoxWalk walk(outer->payload);
  while (const auto box = walk.Next()) {
    if (box->type != "jumb") continue;
    manifests.push_back(reader.ReadManifest(box->payload));
  }
  // The active manifest is the last one. Without it, discard all.
  if (!walk.at_end()) manifests.clear();
  return manifests;
}

}  // namespace vcache::content
