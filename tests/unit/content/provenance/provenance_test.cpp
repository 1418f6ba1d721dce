#include "vcache/content/provenance/provenance.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/provenance_files.h"

using namespace vcache;
using namespace vcache::test;
using content::MediaType;
using enum ProvenanceClaim;

namespace {

using Names = std::vector<std::string>;

std::optional<Provenance> Declared(const std::string& bytes, MediaType type = MediaType::kJpeg) {
  const content::Spool spool = SpoolOf(bytes);
  return content::ReadProvenance(spool, type);
}

std::optional<ProvenanceClaim> ClaimIn(const std::string& bytes,
                                       MediaType type = MediaType::kJpeg) {
  const auto declared = Declared(bytes, type);
  return declared ? std::optional(declared->claim) : std::nullopt;
}

std::string JpegWithStore(const std::string& store) {
  return Jpeg(JumbfSegments(store));
}

}  // namespace

TEST_CASE("ReadProvenance: a C2PA manifest in every container that may hold one") {
  const std::pair<std::string, MediaType> files[] = {
      {Jpeg(JumbfSegments(AiStore())), MediaType::kJpeg},
      {Jpeg(JumbfSegments(AiStore(), 50)), MediaType::kJpeg},  // in many pieces
      {Png(PngChunk("caBX", AiStore())), MediaType::kPng},
      {Riff("WEBP", RiffPiece("VP8 ", Zeros(31)) + RiffPiece("C2PA", AiStore())), MediaType::kWebp},
      {Mp4(1000, C2paBox(AiStore())), MediaType::kMp4},
      {FtypBox("qt  ") + C2paBox(AiStore()), MediaType::kMov},
      {FtypBox("avif") + C2paBox(AiStore()) + Box("meta", Zeros(9)), MediaType::kAvif},
      {FtypBox("heic") + C2paBox(AiStore()), MediaType::kHeic},
      {Riff("AVI ", RiffPiece("LIST", "movi") + RiffPiece("C2PA", AiStore())), MediaType::kAvi}};
  for (const auto& [file, type] : files) {
    CAPTURE(content::MediaTypeName(type));
    const auto declared = Declared(file, type);
    REQUIRE(declared);
    CHECK(declared->claim == kAiGenerated);
    CHECK(declared->by == Names{"c2pa"});
    CHECK(declared->generator == "GPT-4o");
    CHECK(declared->source_type == "trainedAlgorithmicMedia");
    REQUIRE(declared->manifest);
    CHECK(declared->manifest->generator == "ChatGPT");
    CHECK(declared->manifest->actions == Names{"c2pa.created", "c2pa.converted"});
  }
}

TEST_CASE("ReadProvenance: what a model did to something else is an edit, not the whole") {
  const auto active = [](const std::vector<std::string>& actions) {
    return ClaimIn(JpegWithStore(C2paStore(Manifest("Editor", actions))));
  };
  CHECK(active({Action("c2pa.created", "trainedAlgorithmicMedia")}) == kAiGenerated);
  CHECK(active({Action("c2pa.edited", "trainedAlgorithmicMedia")}) == kAiEdited);
  CHECK(active({Action("c2pa.created", "compositeWithTrainedAlgorithmicMedia")}) == kAiEdited);
  CHECK(active({Action("c2pa.created", "digitalCapture"),
                Action("c2pa.edited", "compositeWithTrainedAlgorithmicMedia")}) == kAiEdited);
  CHECK(active({Action("c2pa.created", "digitalCapture")}) == kCaptured);
  CHECK(active({Action("c2pa.created", "algorithmicMedia")}) == kAlgorithmic);
  CHECK(active({Action("c2pa.created", "digitalCreation")}) == kCreated);
  CHECK(active({Action("c2pa.created", "composite")}) == kEdited);
  CHECK(active({Action("c2pa.created", "somethingNew")}) == kUnspecified);
  CHECK(active({Action("c2pa.created")}) == kUnspecified);
  CHECK(active({}) == kUnspecified);
}

TEST_CASE("ReadProvenance: the active manifest speaks for the file, the others for its parts") {
  const std::string generated =
      Manifest("Generator", {Action("c2pa.created", "trainedAlgorithmicMedia")});
  const std::string photograph = Manifest("Camera", {Action("c2pa.created", "digitalCapture")});
  const auto claim = [](const std::string& manifests) {
    return ClaimIn(JpegWithStore(C2paStore(manifests)));
  };
  CHECK(claim(generated + Manifest("Editor", {Action("c2pa.opened")})) == kAiGenerated);
  CHECK(claim(generated + Manifest("Editor", {Action("c2pa.opened"), Action("c2pa.placed")})) ==
        kAiEdited);
  CHECK(claim(generated + Manifest("Editor", {Action("c2pa.placed")})) == kAiEdited);
  CHECK(claim(generated + Manifest("Editor", {Action("c2pa.created")})) == kAiEdited);
  // An update of a manifest does nothing to the picture, and says so by saying nothing.
  CHECK(claim(generated + Manifest("Editor", {})) == kAiGenerated);
  CHECK(claim(photograph + Manifest("Editor", {Action("c2pa.opened")})) == kCaptured);
  CHECK(claim(photograph + generated + Manifest("Editor", {Action("c2pa.opened")})) == kAiEdited);
}

TEST_CASE("ReadProvenance: the IPTC source type in XMP, by http and https, in each container") {
  const std::string xmp = SourceTypeXmp("trainedAlgorithmicMedia");
  const std::pair<std::string, MediaType> files[] = {
      {Jpeg(XmpSegment(xmp)), MediaType::kJpeg},
      {Png(PngInternationalText("XML:com.adobe.xmp", xmp)), MediaType::kPng},
      {Riff("WEBP", RiffPiece("XMP ", xmp)), MediaType::kWebp},
      {Mp4(1000, XmpBox(xmp)), MediaType::kMp4}};
  for (const auto& [file, type] : files) {
    const auto declared = Declared(file, type);
    REQUIRE(declared);
    CHECK(declared->claim == kAiGenerated);
    CHECK(declared->by == Names{"iptc"});
    CHECK(declared->source_type == "trainedAlgorithmicMedia");
  }
  std::string https = xmp;
  https.replace(https.find("http://cv"), 7, "https://");
  CHECK(ClaimIn(Jpeg(XmpSegment(https))) == kAiGenerated);
  CHECK(ClaimIn(Jpeg(XmpSegment(SourceTypeXmp("compositeWithTrainedAlgorithmicMedia")))) ==
        kAiEdited);
  CHECK(ClaimIn(Jpeg(XmpSegment(SourceTypeXmp("algorithmicMedia")))) == kAlgorithmic);
  CHECK(ClaimIn(Jpeg(XmpSegment(SourceTypeXmp("digitalCapture")))) == kCaptured);
  CHECK_FALSE(ClaimIn(Jpeg(XmpSegment(SourceTypeXmp("trainedAlgorithmicMediaOfMine")))));
  CHECK(ClaimIn(Jpeg(
            XmpSegment(XmpPacket("Iptc4xmpExt:DigitalSourceType='http://c2pa.org/digitalsourcetype/"
                                 "trainedAlgorithmicData'")))) == kAiGenerated);
  CHECK_FALSE(ClaimIn(Jpeg(XmpSegment(
      XmpPacket("Iptc4xmpExt:DigitalSourceType='http://a.example/trainedAlgorithmicMedia'")))));
}

TEST_CASE("ReadProvenance: known generators by their names in XMP, EXIF and IPTC") {
  const auto tool = Declared(Jpeg(XmpSegment(XmpPacket("xmp:CreatorTool='Adobe Firefly 3'"))));
  REQUIRE(tool);
  CHECK(tool->claim == kAiGenerated);
  CHECK(tool->by == Names{"xmp"});
  CHECK(tool->generator == "Adobe Firefly");
  const auto credit = Declared(Jpeg(IptcSegment(110, "Made with Google AI")));
  REQUIRE(credit);
  CHECK(credit->claim == kAiGenerated);
  CHECK(credit->by == Names{"iptc"});
  CHECK(ClaimIn(Jpeg(IptcSegment(110, "Edited with Google AI"))) == kAiEdited);
  const auto software = Declared(Jpeg(ExifSegment(ExifPacket({{0x0131, "midjourney v7"}}))));
  REQUIRE(software);
  CHECK(software->by == Names{"exif"});
  CHECK(software->generator == "Midjourney");
  CHECK(ClaimIn(Jpeg(IptcSegment(110, "AI-Generated with Google"))) == kAiEdited);
  for (const char* name : {"SwarmUI", "Stability AI", "Black Forest Labs API"}) {
    CHECK(ClaimIn(Jpeg(ExifSegment(ExifPacket({{0x0131, name}})))) == kAiGenerated);
  }
  for (const char* name : {"Adobe Photoshop 26.1", "Soraya's camera", "GIMP 2.10", ""}) {
    CHECK_FALSE(ClaimIn(Jpeg(ExifSegment(ExifPacket({{0x0131, name}})))));
  }
}

TEST_CASE("ReadProvenance: a camera's name is a claim of a photograph, and the weaker one") {
  const std::string camera = ExifSegment(ExifPacket({{0x010F, "Canon"}, {0x0110, "EOS R5"}}));
  const auto photograph = Declared(Jpeg(camera));
  REQUIRE(photograph);
  CHECK(photograph->claim == kCaptured);
  CHECK(photograph->by == Names{"exif"});
  CHECK(photograph->generator == "Canon EOS R5");
  CHECK(Declared(Jpeg(ExifSegment(ExifPacket({{0x010F, "Canon"}, {0x0110, "Canon EOS"}}))))
            ->generator == "Canon EOS");
  // A manifest without a claim of its own is told beside the camera's.
  const auto signed_too = Declared(Jpeg(camera + JumbfSegments(C2paStore(Manifest("Lens", {})))));
  REQUIRE(signed_too);
  CHECK(signed_too->by == Names{"exif"});
  REQUIRE(signed_too->manifest);
  CHECK(signed_too->manifest->generator == "Lens");
  CHECK_FALSE(photograph->manifest);
  // A file that claims to be both is certainly neither of them untouched.
  const auto both = Declared(Jpeg(camera + JumbfSegments(AiStore())));
  REQUIRE(both);
  CHECK(both->claim == kAiEdited);
  CHECK(both->by == Names{"c2pa", "exif"});
  CHECK(both->generator == "GPT-4o");
}

TEST_CASE("ReadProvenance: parameters that image generators leave behind") {
  const std::string line = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1";
  const auto png = [](std::string_view keyword, std::string_view text) {
    return ClaimIn(Png(PngText(keyword, text)), MediaType::kPng);
  };
  CHECK(png("parameters", line) == kAiGenerated);
  CHECK(png("parameters", line + ", Denoising strength: 0.4") == kAiEdited);
  CHECK(png("parameters", line + ", Denoising strength: 0.4, Hires upscale: 2") == kAiGenerated);
  CHECK(png("prompt", R"({"3":{"class_type":"KSampler"}})") == kAiGenerated);
  CHECK(png("prompt", R"({"3":{"class_type":"LoadImage"},"4":{"class_type":"KSampler"}})") ==
        kAiEdited);
  CHECK(png("workflow", R"({"nodes":[]})") == kAiGenerated);
  CHECK(png("Software", "NovelAI") == kAiGenerated);
  CHECK(png("Comment", R"({"steps":28,"sampler":"k_euler"})") == kAiGenerated);
  CHECK(png("invokeai_metadata", "{}") == kAiGenerated);
  CHECK(png("Description", "a cat --v 6.1 Job ID: 0f3c") == kAiGenerated);
  CHECK(png("Dream", R"("a cat" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms)") == kAiGenerated);
  CHECK(png("Dream", R"("a cat" -s50 -S42 -W512 -H512 -I photo.png -f0.7)") == kAiEdited);
  const std::string swarm = R"({"sui_image_params":{"prompt":"a cat","steps":20)";
  CHECK(png("parameters", swarm + "}}") == kAiGenerated);
  CHECK(png("parameters", swarm + R"(,"initimagecreativity":0.6}})") == kAiEdited);
  CHECK(ClaimIn(Jpeg(ExifSegment(CommentExif(swarm + "}}")))) == kAiGenerated);
  CHECK_FALSE(png("Dream", "I had one"));
  CHECK_FALSE(png("parameters", R"({"image_params":{}})"));
  CHECK_FALSE(png("parameters", "Steps: walk, then run"));
  CHECK_FALSE(png("prompt", "what a nice picture"));
  CHECK_FALSE(png("Comment", "Created with GIMP"));
  CHECK_FALSE(png("Software", "gnome-screenshot"));
  CHECK(ClaimIn(Png(PngInternationalText("parameters", line)), MediaType::kPng) == kAiGenerated);
  CHECK(ClaimIn(Jpeg(ExifSegment(CommentExif(line)))) == kAiGenerated);
  CHECK(ClaimIn(Riff("WEBP", RiffPiece("EXIF", ExifPacket({{0x010F, "workflow:{\"nodes\":[]}"},
                                                           {0x0110, "prompt:{}"}}))),
                MediaType::kWebp) == kAiGenerated);
}

TEST_CASE("ReadProvenance: China's label of synthetic content, in XMP and as a PNG text") {
  const auto label = [](const std::string& value) {
    return R"({"Label":")" + value + R"(","ContentProducer":"doubao","ProduceID":"7"})";
  };
  const auto xmp = [](const std::string& json) {
    return Declared(Jpeg(XmpSegment(XmpPacket(
        "xmlns:TC260='http://www.tc260.org.cn/ns/AIGC/1.0/' TC260:AIGC='" + json + "'"))));
  };
  const auto declared = xmp(label("1"));
  REQUIRE(declared);
  CHECK(declared->claim == kAiEdited);  // it says generated or altered, and not which
  CHECK(declared->by == Names{"xmp"});
  CHECK(declared->generator == "doubao");
  CHECK_FALSE(xmp(label("2")));  // a suspicion
  CHECK_FALSE(xmp("1"));
  const auto png = [](const std::string& json) {
    return Declared(Png(PngText("AIGC", json)), MediaType::kPng);
  };
  REQUIRE(png(label("1")));
  CHECK(png(label("1"))->by == Names{"png_text"});
  CHECK(png(R"({ "AIGC" : { "Label" : "1" } })"));
  for (const char* broken :
       {"", "{", R"({"Label")", R"({"Label":)", R"({"Label":")", R"({"Label":"1)", R"({"Label":1})",
        R"({"Label":"11"})", R"({"label":"1"})"}) {
    CAPTURE(broken);
    CHECK_FALSE(png(broken));
  }
}

TEST_CASE("ReadProvenance: all that make the same claim are named") {
  const auto declared =
      Declared(Jpeg(XmpSegment(SourceTypeXmp("trainedAlgorithmicMedia")) +
                    ExifSegment(ExifPacket({{0x0131, "Midjourney"}})) + JumbfSegments(AiStore())));
  REQUIRE(declared);
  CHECK(declared->by == Names{"c2pa", "iptc", "exif"});
}

TEST_CASE("ReadProvenance: texts are cut, valid and without controls") {
  const std::string agent =
      "evil\x1B[31m\r\nX-Header: 1\xFF\xC0\xAF\xE2\x80\xAE" + std::string(5000, 'A');
  const auto declared = Declared(JpegWithStore(
      C2paStore(Manifest("x", {Action("c2pa.created", "trainedAlgorithmicMedia", agent),
                               Action(std::string(300, 'b') + "\n")}))));
  REQUIRE(declared);
  CHECK(declared->generator.starts_with("evil [31m X-Header: 1 A"));
  CHECK(declared->generator.size() == 128);
  CHECK(declared->generator.find_first_of("\x1B\r\n\xFF\xC0") == std::string::npos);
  CHECK(declared->manifest->actions.at(1) == std::string(64, 'b'));
}

TEST_CASE("ReadProvenance: a file that says nothing, and types that are not looked into") {
  CHECK_FALSE(ClaimIn(Jpeg("")));
  CHECK_FALSE(ClaimIn(Png(""), MediaType::kPng));
  CHECK_FALSE(ClaimIn(Mp4(1000), MediaType::kMp4));
  CHECK_FALSE(ClaimIn("", MediaType::kJpeg));
  CHECK_FALSE(ClaimIn(Jpeg(JumbfSegments(AiStore())), MediaType::kGif));
  CHECK_FALSE(ClaimIn(Jpeg(JumbfSegments(Jumbf("other", "")))));
  // Behind the first scan nothing is looked for.
  CHECK_FALSE(ClaimIn(Jpeg("") + JumbfSegments(AiStore())));
}

TEST_CASE("ReadProvenance: hostile sizes and pieces end the search") {
  const std::string store = AiStore();
  CHECK_FALSE(ClaimIn(Png(Be(UINT32_MAX, 4) + "caBX" + store.substr(0, 20)), MediaType::kPng));
  // A run of JUMBF whose second piece is missing, or comes twice.
  const std::string pieces = JumbfSegments(store, 60);
  const std::string first = pieces.substr(0, 4 + 16 + 60);
  const std::string second = pieces.substr(first.size(), first.size());
  CHECK(ClaimIn(Jpeg(first + pieces.substr(first.size() + second.size()))) != kAiGenerated);
  CHECK(ClaimIn(Jpeg(first + second + second + pieces.substr(2 * first.size()))) == kAiGenerated);
  CHECK(ClaimIn(Jpeg(second + first)) != kAiGenerated);
  // More manifests than are walked over: which one is active is not known.
  std::string many;
  for (int i = 0; i < 70; ++i) {
    many += Manifest("x", {Action("c2pa.created", "trainedAlgorithmicMedia")});
  }
  CHECK(ClaimIn(Png(PngChunk("caBX", C2paStore(many))), MediaType::kPng) == kUnspecified);
  // Two megabytes of text in front are not read, and what is behind them still is.
  std::string texts;
  for (int i = 0; i < 32; ++i) texts += PngText("Comment", std::string(65'000, 'x'));
  CHECK(ClaimIn(Png(texts + PngChunk("caBX", store)), MediaType::kPng) == kAiGenerated);
}

TEST_CASE("ReadProvenance: a file cut off at any byte never claims more than the whole") {
  const std::pair<std::string, MediaType> files[] = {
      {Jpeg(ExifSegment(ExifPacket({{0x0131, "Midjourney"}})) +
            XmpSegment(SourceTypeXmp("trainedAlgorithmicMedia")) +
            IptcSegment(110, "Made with Google AI") + JumbfSegments(AiStore(), 100)),
       MediaType::kJpeg},
      {Png(PngChunk("eXIf", ExifPacket({{0x010F, "Canon"}, {0x0110, "EOS R5"}})) +
           PngText("Software", "gimp") + PngChunk("caBX", AiStore())),
       MediaType::kPng},
      {Mp4(1000, C2paBox(AiStore()) + XmpBox(SourceTypeXmp("digitalCapture"))), MediaType::kMp4}};
  for (const auto& [file, type] : files) {
    const auto whole = Declared(file, type);
    REQUIRE(whole);
    for (std::size_t length = 0; length < file.size(); ++length) {
      const auto part = Declared(file.substr(0, length), type);
      if (part && part->claim == kAiGenerated) {
        CHECK_FALSE(part->by.empty());
        CHECK(file.find(part->generator) != std::string::npos);
      }
    }
  }
}
