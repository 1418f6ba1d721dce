#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/media_files.h"

// Files that declare where they come from, made byte by byte.
namespace vcache::test {

inline constexpr std::string_view kIptcTerms = "http://cv.iptc.org/newscodes/digitalsourcetype/";

// CBOR (RFC 8949), as much of it as manifests need.

inline std::string CborHeadOf(unsigned major, std::uint64_t argument) {
  const unsigned type = major << 5U;
  if (argument < 24) return Be(type | argument, 1);
  if (argument < 256) return Be(type | 24U, 1) + Be(argument, 1);
  return Be(type | 25U, 1) + Be(argument, 2);
}

inline std::string CborText(std::string_view text) {
  return CborHeadOf(3, text.size()) + std::string(text);
}

inline std::string CborBytes(std::string_view bytes) {
  return CborHeadOf(2, bytes.size()) + std::string(bytes);
}

inline std::string CborArray(const std::vector<std::string>& items) {
  std::string all = CborHeadOf(4, items.size());
  for (const std::string& item : items) all += item;
  return all;
}

inline std::string CborMap(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string all = CborHeadOf(5, fields.size());
  for (const auto& [name, value] : fields) all += CborText(name) + value;
  return all;
}

/// A JUMBF superbox with a label.
inline std::string Jumbf(std::string_view label, std::string_view content) {
  return Box("jumb", Box("jumd", Zeros(16) + "\x03" + std::string(label) + Zeros(1)) +
                         std::string(content));
}

/// One action; an empty text leaves its field out.
inline std::string Action(std::string_view name, std::string_view term = {},
                          std::string_view agent = {}) {
  std::vector<std::pair<std::string, std::string>> fields = {{"action", CborText(name)}};
  if (!term.empty()) {
    fields.emplace_back("digitalSourceType", CborText(std::string(kIptcTerms).append(term)));
  }
  if (!agent.empty()) fields.emplace_back("softwareAgent", CborMap({{"name", CborText(agent)}}));
  return CborMap(fields);
}

inline std::string Manifest(std::string_view generator, const std::vector<std::string>& actions) {
  const std::string claim =
      CborMap({{"alg", CborText("sha256")},
               {"signature", CborBytes("\x01\x02\x03")},
               {"claim_generator_info", CborMap({{"name", CborText(generator)}})}});
  return Jumbf(
      "urn:c2pa:1",
      Jumbf("c2pa.assertions",
            Jumbf("c2pa.hash.data", Box("cbor", CborMap({{"pad", CborBytes("")}}))) +
                Jumbf("c2pa.actions.v2", Box("cbor", CborMap({{"actions", CborArray(actions)}})))) +
          Jumbf("c2pa.claim.v2", Box("cbor", claim)));
}

inline std::string C2paStore(std::string_view manifests) {
  return Jumbf("c2pa", manifests);
}

/// What a generator of images writes today.
inline std::string AiStore() {
  return C2paStore(Manifest("ChatGPT", {Action("c2pa.created", "trainedAlgorithmicMedia", "GPT-4o"),
                                        Action("c2pa.converted")}));
}

inline std::string XmpPacket(std::string_view attributes) {
  return "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
         "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
         "rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
         "xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' "
         "xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' " +
         std::string(attributes) + "/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";
}

inline std::string SourceTypeXmp(std::string_view term) {
  return XmpPacket("Iptc4xmpExt:DigitalSourceType='" + std::string(kIptcTerms).append(term) + "'");
}

/// An EXIF packet of ASCII values: tag and text, in the order of the tags.
inline std::string ExifPacket(const std::vector<std::pair<std::uint16_t, std::string>>& values) {
  std::string directory = Be(values.size(), 2);
  std::string data;
  const std::size_t data_at = 8 + 2 + values.size() * 12 + 4;
  for (const auto& [tag, text] : values) {
    directory += Be(tag, 2) + Be(2, 2) + Be(text.size() + 1, 4) + Be(data_at + data.size(), 4);
    data += text + Zeros(1);
  }
  return "MM" + Be(42, 2) + Be(8, 4) + directory + Zeros(4) + data;
}

/// An EXIF packet whose user comment is this, in UTF-16 as image generators write it into a JPEG.
inline std::string CommentExif(std::string_view comment) {
  std::string value = "UNICODE" + Zeros(1);
  for (const char c : comment) value += Zeros(1) + c;
  const std::string pointer = Be(1, 2) + Be(0x8769, 2) + Be(4, 2) + Be(1, 4) + Be(26, 4) + Zeros(4);
  const std::string directory =
      Be(1, 2) + Be(0x9286, 2) + Be(7, 2) + Be(value.size(), 4) + Be(44, 4) + Zeros(4);
  return "MM" + Be(42, 2) + Be(8, 4) + pointer + directory + value;
}

inline std::string JpegSegment(unsigned marker, std::string_view payload) {
  return "\xFF" + Be(marker, 1) + Be(payload.size() + 2, 2) + std::string(payload);
}

inline std::string ExifSegment(std::string_view packet) {
  return JpegSegment(0xE1, "Exif" + Zeros(2) + std::string(packet));
}

inline std::string XmpSegment(std::string_view packet) {
  return JpegSegment(0xE1, "http://ns.adobe.com/xap/1.0/" + Zeros(1) + std::string(packet));
}

/// A record of IPTC's Information Interchange Model, among Photoshop's image resources.
inline std::string IptcSegment(unsigned dataset, std::string_view text) {
  const std::string record = "\x1C\x02" + Be(dataset, 1) + Be(text.size(), 2) + std::string(text);
  return JpegSegment(0xED, "Photoshop 3.0" + Zeros(1) + "8BIM" + Be(0x03ED, 2) + Zeros(2) +
                               Be(3, 4) + Zeros(4) + "8BIM" + Be(0x0404, 2) + Zeros(2) +
                               Be(record.size(), 4) + record + Zeros(record.size() % 2));
}

/// A JUMBF box in APP11 segments that hold at most `piece` bytes of it each.
inline std::string JumbfSegments(std::string_view box, std::size_t piece = 60'000) {
  std::string all;
  std::uint64_t place = 0;
  const std::string_view head = box.substr(0, 8);
  for (std::string_view rest = box.substr(8); !rest.empty() || place == 0;) {
    all += JpegSegment(0xEB, "JP" + Be(1, 2) + Be(++place, 4) + std::string(head) +
                                 std::string(rest.substr(0, piece)));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  return all;
}

/// A JPEG of these segments, up to its first scan.
inline std::string Jpeg(std::string_view segments) {
  return "\xFF\xD8" + JpegSegment(0xE0, "JFIF" + Zeros(10)) + std::string(segments) +
         JpegSegment(0xDA, Zeros(8)) + std::string(64, '\x5A') + "\xFF\xD9";
}

inline std::string PngChunk(std::string_view type, std::string_view data) {
  return Be(data.size(), 4) + std::string(type) + std::string(data) + Zeros(4);
}

inline std::string PngText(std::string_view keyword, std::string_view text) {
  return PngChunk("tEXt", std::string(keyword) + Zeros(1) + std::string(text));
}

/// International text, not compressed.
inline std::string PngInternationalText(std::string_view keyword, std::string_view text) {
  return PngChunk("iTXt", std::string(keyword) + Zeros(3) + "en" + Zeros(2) + std::string(text));
}

inline std::string Png(std::string_view chunks) {
  return "\x89PNG\r\n\x1A\n" + PngChunk("IHDR", Zeros(13)) + std::string(chunks) +
         PngChunk("IDAT", Zeros(40)) + PngChunk("IEND", "");
}

inline std::string C2paBox(std::string_view store) {
  return Box("uuid", "\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81" + Zeros(4) +
                         "manifest" + Zeros(9) + std::string(store));
}

inline std::string XmpBox(std::string_view packet) {
  return Box("uuid", "\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC" +
                         std::string(packet));
}

}  // namespace vcache::test
