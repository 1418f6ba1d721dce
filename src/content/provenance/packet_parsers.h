#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

// Parsers of single metadata packets. The client chooses every byte of them, so the code fixes the
// cost: at most four times the packet's size plus 64 KiB of memory, and 20 ms
// (docs/adr/2026-11-26-own-metadata-readers.md). All are thread-safe, do not block, and throw only
// std::bad_alloc. A malformed packet, or one larger than `kMaxPacketBytes`, states nothing. Texts
// are unchanged, except that they are cut to `kMaxValueBytes`.

inline constexpr std::size_t kMaxPacketBytes = 256 * 1024;
/// Enough: a program's name is short, and the start of a parameter text identifies it.
inline constexpr std::size_t kMaxValueBytes = 16 * 1024;

struct XmpFacts {
  std::string source_type;   ///< IPTC's `DigitalSourceType`, a URI.
  std::string ai_system;     ///< IPTC's `AISystemUsed`
  std::string creator_tool;  ///< `xmp:CreatorTool`
  std::string credit;        ///< `photoshop:Credit`
  std::string aigc;          ///< `TC260:AIGC`, the label of GB 45438-2025, JSON.
};
/// Properties of the file itself, in any form that RDF allows. The first of each counts; `, ` joins
/// the items of a list. Takes ownership of the packet and frees it as early as possible.
XmpFacts ParseXmp(std::string packet);

struct ExifFacts {
  std::string software;
  std::string make;
  std::string model;
  /// Without NULs and the encoding mark: ASCII stays readable in any encoding.
  std::string comment;
};
ExifFacts ParseExif(std::string_view packet);

struct IptcFacts {
  std::string program;  ///< 2:65
  std::string credit;   ///< 2:110
};
/// The first of each counts. Stops at the first malformed data set.
IptcFacts ParseIptc(std::string_view packet);

}  // namespace vcache::content
