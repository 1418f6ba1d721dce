#include "content/packet_parsers.h"

#include <algorithm>
#include <exiv2/exiv2.hpp>
#include <mutex>

namespace vcache::content {
namespace {

/// Longer values are cut: a program's name is short, and parameters say at once what they are.
constexpr std::size_t kMaxValueBytes = 16 * 1024;

/// The XMP toolkit inside exiv2 keeps its state in globals: one packet at a time in the process.
std::mutex& XmpToolkit() {
  static std::mutex mutex;
  return mutex;
}

/// exiv2 writes what it dislikes to standard error, pieces of the packet included.
void Silence() {
  static std::once_flag once;
  std::call_once(once, [] { Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute); });
}

template <typename Datum>
std::string ValueOf(const Datum& datum) {
  return datum.toString().substr(0, kMaxValueBytes);
}

template <typename Data, typename Key>
std::string Find(const Data& data, const char* name) {
  const auto found = data.findKey(Key(name));
  return found == data.end() ? std::string() : ValueOf(*found);
}

/// The bytes of a user comment behind its mark of 8 bytes, without the NULs that UTF-16 puts
/// between ASCII letters.
std::string CommentOf(const Exiv2::ExifData& data) {
  const auto found = data.findKey(Exiv2::ExifKey("Exif.Photo.UserComment"));
  if (found == data.end() || found->size() <= 8) return {};
  std::string bytes(static_cast<std::size_t>(found->size()), '\0');
  found->copy(reinterpret_cast<Exiv2::byte*>(bytes.data()), Exiv2::bigEndian);
  bytes.erase(0, 8);
  std::erase(bytes, '\0');
  bytes.resize(std::min(bytes.size(), kMaxValueBytes));
  return bytes;
}

const Exiv2::byte* BytesOf(const std::string& packet) {
  return reinterpret_cast<const Exiv2::byte*>(packet.data());
}

}  // namespace

XmpFacts ParseXmp(const std::string& packet) {
  XmpFacts facts;
  if (packet.empty() || packet.size() > kMaxPacketBytes || !IsHarmlessXml(packet)) return facts;
  Silence();
  const std::lock_guard lock(XmpToolkit());
  try {
    Exiv2::XmpData data;
    if (Exiv2::XmpParser::decode(data, packet) == 0) {
      for (const Exiv2::Xmpdatum& datum : data) {
        const std::string key = datum.key();
        if (key == "Xmp.iptcExt.DigitalSourceType") facts.source_type = ValueOf(datum);
        if (key == "Xmp.iptcExt.AISystemUsed") facts.ai_system = ValueOf(datum);
        if (key == "Xmp.xmp.CreatorTool") facts.creator_tool = ValueOf(datum);
        if (key == "Xmp.photoshop.Credit") facts.credit = ValueOf(datum);
        if (key == "Xmp.TC260.AIGC") facts.aigc = ValueOf(datum);
      }
    }
  } catch (...) {
    // Malformed: what was found up to there stands.
  }
  try {
    // The toolkit remembers every namespace of every packet; hostile ones would fill the memory.
    Exiv2::XmpParser::terminate();
  } catch (...) {
    // The next packet begins it anew.
  }
  return facts;
}

ExifFacts ParseExif(std::string packet) {
  ExifFacts facts;
  if (packet.empty() || packet.size() > kMaxPacketBytes) return facts;
  HideMakerNotes(packet);
  Silence();
  try {
    Exiv2::ExifData data;
    Exiv2::ExifParser::decode(data, BytesOf(packet), static_cast<std::uint32_t>(packet.size()));
    facts.software = Find<Exiv2::ExifData, Exiv2::ExifKey>(data, "Exif.Image.Software");
    facts.make = Find<Exiv2::ExifData, Exiv2::ExifKey>(data, "Exif.Image.Make");
    facts.model = Find<Exiv2::ExifData, Exiv2::ExifKey>(data, "Exif.Image.Model");
    facts.comment = CommentOf(data);
  } catch (...) {
    // Malformed.
  }
  return facts;
}

IptcFacts ParseIptc(const std::string& packet) {
  IptcFacts facts;
  if (packet.empty() || packet.size() > kMaxPacketBytes) return facts;
  Silence();
  try {
    Exiv2::IptcData data;
    if (Exiv2::IptcParser::decode(data, BytesOf(packet),
                                  static_cast<std::uint32_t>(packet.size())) == 0) {
      facts.program = Find<Exiv2::IptcData, Exiv2::IptcKey>(data, "Iptc.Application2.Program");
      facts.credit = Find<Exiv2::IptcData, Exiv2::IptcKey>(data, "Iptc.Application2.Credit");
    }
  } catch (...) {
    // Malformed.
  }
  return facts;
}

void HideMakerNotes(std::string& exif) {
  // The tag's number in both byte orders, wherever it stands: a rare character of a text that
  // looks like it is lost too, which costs nothing here.
  for (std::size_t at = 0; at + 1 < exif.size(); ++at) {
    const bool big = exif[at] == '\x92' && exif[at + 1] == '\x7C';
    const bool little = exif[at] == '\x7C' && exif[at + 1] == '\x92';
    if (big || little) exif[at] = exif[at + 1] = '\0';
  }
}

}  // namespace vcache::content
