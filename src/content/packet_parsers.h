#pragma once

#include <string>
#include <string_view>

namespace vcache::content {

// Single packets of metadata, parsed by exiv2, which the whole file never reaches: docs/adr says
// why. Each takes a bounded copy, never throws, and is thread-safe; a packet that is malformed, or
// that we do not dare to hand on, says nothing. Texts are as the packet has them.

inline constexpr std::size_t kMaxPacketBytes = 256 * 1024;

struct XmpFacts {
  std::string source_type;   ///< IPTC's `DigitalSourceType`, a URI.
  std::string ai_system;     ///< IPTC's `AISystemUsed`
  std::string creator_tool;  ///< `xmp:CreatorTool`
  std::string credit;        ///< `photoshop:Credit`
  std::string aigc;          ///< `TC260:AIGC`, the label of GB 45438-2025, JSON.
};
XmpFacts ParseXmp(const std::string& packet);

struct ExifFacts {
  std::string software;
  std::string make;
  std::string model;
  /// Without NULs and its mark of the encoding: ASCII can be read in it whatever the encoding is.
  std::string comment;
};
ExifFacts ParseExif(std::string packet);

struct IptcFacts {
  std::string program;  ///< 2:65
  std::string credit;   ///< 2:110
};
IptcFacts ParseIptc(const std::string& packet);

/// Whether XML may be given to a parser that recurses: no document type (and so no entities), no
/// character data sections, elements at most `kMaxXmlDepth` deep, at most `kMaxXmlMarks` tags and
/// attributes, and an encoding in which that can be seen.
bool IsHarmlessXml(std::string_view text);
inline constexpr int kMaxXmlDepth = 24;
/// The toolkit looks for each property among all before it: so many take 30 ms, ten times as many
/// take seconds, and it serves one packet at a time.
inline constexpr int kMaxXmlMarks = 2048;

/// Takes the makers' notes out of a packet, in place: their many formats are where most of exiv2's
/// faults have been, and nothing in them is of use here.
void HideMakerNotes(std::string& exif);

}  // namespace vcache::content
