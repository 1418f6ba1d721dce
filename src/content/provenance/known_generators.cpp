#include "content/provenance/known_generators.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

namespace vcache::content {
namespace {

using enum ProvenanceClaim;

/// Names that only an image or video generator has. Editors that can also generate (Photoshop,
/// Canva) are absent: they state it by the source type.
constexpr std::array<std::pair<std::string_view, ProvenanceClaim>, 33> kGenerators = {{
    {"Edited with Google AI", kAiEdited},     // precedes the names with the same beginning
    {"AI-Generated with Google", kAiEdited},  // Google Photos after Magic Editor
    {"Made with Google AI", kAiGenerated},
    {"Google Generative AI", kAiGenerated},
    {"Google Imagen", kAiGenerated},
    {"Adobe Firefly", kAiGenerated},
    {"Midjourney", kAiGenerated},
    {"DALL-E", kAiGenerated},
    {"DALL\xC2\xB7"
     "E",
     kAiGenerated},
    {"ChatGPT", kAiGenerated},
    {"GPT-4o", kAiGenerated},
    {"OpenAI", kAiGenerated},
    {"Stable Diffusion", kAiGenerated},
    {"AUTOMATIC1111", kAiGenerated},
    {"ComfyUI", kAiGenerated},
    {"InvokeAI", kAiGenerated},
    {"SwarmUI", kAiGenerated},
    {"Fooocus", kAiGenerated},
    {"NovelAI", kAiGenerated},
    {"DreamStudio", kAiGenerated},
    {"Stability AI", kAiGenerated},
    {"Black Forest Labs", kAiGenerated},
    {"DiffusionBee", kAiGenerated},
    {"Draw Things", kAiGenerated},
    {"Ideogram", kAiGenerated},
    {"Leonardo.Ai", kAiGenerated},
    {"Recraft", kAiGenerated},
    {"Bing Image Creator", kAiGenerated},
    {"Runway", kAiGenerated},
    {"Kling AI", kAiGenerated},
    {"Luma Dream Machine", kAiGenerated},
    {"Sora", kAiGenerated},
    {"Grok", kAiGenerated},
}};

struct SourceTypes {
  ProvenanceClaim claim;
  std::initializer_list<std::string_view> terms;
};

/// IPTC NewsCodes "Digital Source Type" (cv.iptc.org/newscodes/digitalsourcetype), with retired
/// terms, which files keep. Also C2PA's own two, `empty` and `trainedAlgorithmicData`: a model's
/// output that is no media, though some writers put it into media.
const SourceTypes kSourceTypes[] = {
    {kAiGenerated, {"trainedAlgorithmicMedia", "trainedAlgorithmicData"}},
    {kAiEdited, {"compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"}},
    {kAlgorithmic, {"algorithmicMedia", "dataDrivenMedia"}},
    {kCreated, {"digitalCreation", "digitalArt", "softwareImage", "virtualRecording", "empty"}},
    {kEdited, {"composite", "humanEdits", "minorHumanEdits", "algorithmicallyEnhanced"}},
    {kCaptured,
     {"digitalCapture", "computationalCapture", "compositeCapture", "screenCapture", "negativeFilm",
      "positiveFilm", "print"}},
};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsWordCharacter(char c) {
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

bool SameInAnyCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

/// Whether `words` stand at `at` in any case, followed by no further word character.
bool StandsAt(std::string_view text, std::size_t at, std::string_view words) {
  const std::size_t end = at + words.size();
  return SameInAnyCase(text.substr(at, words.size()), words) &&
         (end == text.size() || !IsWordCharacter(text[end]));
}

/// For each first character: the generators whose names begin with it, in table order.
using Initials = std::array<std::vector<std::size_t>, 256>;

const Initials& GeneratorInitials() {
  static const Initials initials = [] {
    Initials made;
    for (std::size_t i = 0; i < kGenerators.size(); ++i) {
      made[static_cast<unsigned char>(Lower(kGenerators[i].first.front()))].push_back(i);
    }
    return made;
  }();
  return initials;
}

bool Holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The parameter line of AUTOMATIC1111's web UI, which others copy. An image made from another one
/// has a denoising strength. An image that was only enlarged has it too, and a "Hires" entry.
std::optional<GeneratorClaim> FindDiffusionLine(std::string_view text) {
  if (!Holds(text, "Steps: ") || !Holds(text, "Sampler: ")) return std::nullopt;
  const bool from_image = Holds(text, "Denoising strength: ") && !Holds(text, "Hires ");
  return GeneratorClaim{from_image ? kAiEdited : kAiGenerated, "Stable Diffusion"};
}

/// ComfyUI's graph: nodes with a `class_type` (what ran) or a list of `nodes` (the drawn graph).
std::optional<GeneratorClaim> FindComfyGraph(std::string_view text) {
  if (!text.starts_with("{")) return std::nullopt;
  if (!Holds(text, "\"class_type\"") && !Holds(text, "\"nodes\"")) return std::nullopt;
  const bool from_image = Holds(text, "\"LoadImage\"") || Holds(text, "\"VAEEncode\"");
  return GeneratorClaim{from_image ? kAiEdited : kAiGenerated, "ComfyUI"};
}

/// SwarmUI's JSON, under the keyword that others use for a parameter line.
std::optional<GeneratorClaim> FindSwarmParameters(std::string_view text) {
  if (!text.starts_with("{") || !Holds(text, "\"sui_image_params\"")) return std::nullopt;
  const bool from_image = Holds(text, "\"initimage");  // also `initimagecreativity`
  return GeneratorClaim{from_image ? kAiEdited : kAiGenerated, "SwarmUI"};
}

/// InvokeAI's first command lines: `"a cat" -s 50 -S 42 -W 512 ...`, with `-I` for an input image.
std::optional<GeneratorClaim> FindDreamCommand(std::string_view text) {
  if (!Holds(text, " -s") || !Holds(text, " -S") || !Holds(text, " -W")) return std::nullopt;
  return GeneratorClaim{Holds(text, " -I") ? kAiEdited : kAiGenerated, "InvokeAI"};
}

/// The string value of `name` in a flat JSON object, up to an escape or its end; empty without one.
/// It suffices for a short label, and it cannot recurse.
std::string_view FlatValueOf(std::string_view json, std::string_view name) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t at = json.find(name);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + name.size());
  for (const char expected : {':', '"'}) {
    const std::size_t next = json.find_first_not_of(kSpace);
    if (next == std::string_view::npos || json[next] != expected) return {};
    json.remove_prefix(next + 1);
  }
  const std::size_t end = json.find_first_of("\"\\");
  return end == std::string_view::npos ? std::string_view() : json.substr(0, end);
}

}  // namespace

std::optional<GeneratorClaim> FindAigcLabel(std::string_view text) {
  // Labels 2 and 3 are suspicions of a platform that passed the content on.
  if (FlatValueOf(text, "\"Label\"") != "1") return std::nullopt;
  return GeneratorClaim{kAiEdited, std::string(FlatValueOf(text, "\"ContentProducer\""))};
}

std::optional<GeneratorClaim> FindGenerator(std::string_view text) {
  // One pass over the text, which may be long, for all names. The first match in table order wins.
  const Initials& initials = GeneratorInitials();
  std::size_t first = kGenerators.size();
  bool in_word = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = !in_word;
    in_word = IsWordCharacter(text[at]);
    if (!begins) continue;
    for (const std::size_t i : initials[static_cast<unsigned char>(Lower(text[at]))]) {
      if (i >= first) break;
      if (StandsAt(text, at, kGenerators[i].first)) first = i;
    }
  }
  if (first == kGenerators.size()) return std::nullopt;
  return GeneratorClaim{kGenerators[first].second, std::string(kGenerators[first].first)};
}

std::optional<GeneratorClaim> FindParameters(std::string_view keyword, std::string_view text) {
  if (keyword == "Software" || keyword == "Source" || keyword == "Author") {
    return FindGenerator(text);
  }
  if (keyword == "parameters" || keyword == "UserComment") {
    const auto swarm = FindSwarmParameters(text);
    return swarm ? swarm : FindDiffusionLine(text);
  }
  if (keyword == "prompt" || keyword == "workflow") return FindComfyGraph(text);
  if (keyword == "invokeai_metadata" || keyword == "invokeai_graph" || keyword == "sd-metadata") {
    if (text.starts_with("{")) return GeneratorClaim{kAiGenerated, "InvokeAI"};
  }
  if (keyword == "Dream") return FindDreamCommand(text);
  if (keyword == "AIGC") return FindAigcLabel(text);
  if (keyword == "fooocus_scheme") return GeneratorClaim{kAiGenerated, "Fooocus"};
  if (keyword == "Comment" && text.starts_with("{") && Holds(text, "\"sampler\"") &&
      Holds(text, "\"steps\"")) {
    return GeneratorClaim{kAiGenerated, "NovelAI"};
  }
  if (keyword == "Description" && Holds(text, "Job ID: ") && Holds(text, "--v ")) {
    return GeneratorClaim{kAiGenerated, "Midjourney"};
  }
  return std::nullopt;
}

std::optional<ProvenanceClaim> ClaimOfSourceType(std::string_view uri, std::string& term) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!uri.starts_with(scheme)) continue;
    uri.remove_prefix(scheme.size());
    for (const std::string_view base :
         {"cv.iptc.org/newscodes/digitalsourcetype/", "c2pa.org/digitalsourcetype/"}) {
      if (!uri.starts_with(base)) continue;
      const std::string_view last = uri.substr(base.size());
      for (const auto& [claim, terms] : kSourceTypes) {
        if (std::find(terms.begin(), terms.end(), last) == terms.end()) continue;
        term = last;
        return claim;
      }
    }
    break;
  }
  return std::nullopt;
}

}  // namespace vcache::content
