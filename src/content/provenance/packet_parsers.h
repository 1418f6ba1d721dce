#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

// Readers of single packets of metadata. Whoever uploads a file chooses every byte of them, so what
// one packet may cost is fixed by the code and not by the packet: at most four times its size in
// memory and 64 KiB, and 20 ms (docs/adr/2026-11-26-own-metadata-readers.md says how). None throws
// anything but std::bad_alloc, waits, or shares state: all are thread-safe. A packet that is
// malformed or larger than `kMaxPacketBytes` says nothing. Texts are as the packet has them, cut to
// `kMaxValueBytes`.

inline constexpr std::size_t kMaxPacketBytes = 256 * 1024;
/// A program's name is short, and parameters say at once what they are.
inline constexpr std::size_t kMaxValueBytes = 16 * 1024;

struct XmpFacts {
  std::string source_type;   ///< IPTC's `DigitalSourceType`, a URI.
  std::string ai_system;     ///< IPTC's `AISystemUsed`
  std::string creator_tool;  ///< `xmp:CreatorTool`
  std::string credit;        ///< `photoshop:Credit`
  std::string aigc;          ///< `TC260:AIGC`, the label of GB 45438-2025, JSON.
};
/// Properties of the file itself, of whatever form RDF allows; the first of each counts, and the
/// items of a list are joined by `, `. Takes the packet, and lets go of it as early as it can.
XmpFacts ParseXmp(std::string packet);

struct ExifFacts {
  std::string software;
  std::string make;
  std::string model;
  /// Without NULs and its mark of the encoding: ASCII can be read in it whatever the encoding is.
  std::string comment;
};
ExifFacts ParseExif(std::string_view packet);

struct IptcFacts {
  std::string program;  ///< 2:65
  std::string credit;   ///< 2:110
};
/// The first of each; what stands before the first malformed data set counts.
IptcFacts ParseIptc(std::string_view packet);

}  // namespace vcache::content
