#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/media_files.h"
#include "support/provenance_files.h"

// Images of several pictures and files of the HEIF family, made byte by byte: just enough of each
// for what reads its structure.
namespace vcache::test {

/// An `ftyp` box: the major brand first, then the compatible ones.
inline std::string FtypOf(const std::vector<std::string>& brands) {
  std::string payload = brands.at(0) + Zeros(4);
  for (std::size_t i = 1; i < brands.size(); ++i) payload += brands[i];
  return Box("ftyp", payload);
}

/// A `meta` box whose items have these types, the first with number 1.
inline std::string MetaBox(const std::vector<std::string>& items, std::uint64_t primary = 1,
                           bool wide = false) {
  const std::size_t id_bytes = wide ? 4 : 2;
  std::string infos = Be(wide ? 1U << 24U : 0, 4) + Be(items.size(), id_bytes);
  for (std::size_t i = 0; i < items.size(); ++i) {
    infos += Box("infe", Be(wide ? 3U << 24U : 2U << 24U, 4) + Be(i + 1, id_bytes) + Zeros(2) +
                             items[i] + Zeros(1));
  }
  const std::string pitm = Box("pitm", Be(wide ? 1U << 24U : 0, 4) + Be(primary, id_bytes));
  return Box("meta",
             Zeros(4) + Box("hdlr", Zeros(8) + "pict" + Zeros(13)) + pitm + Box("iinf", infos));
}

/// A track of that handler with samples of that codec.
inline std::string SampleTrack(std::string_view handler, std::string_view codec,
                               std::uint32_t samples) {
  const std::string table =
      Box("stsd", Zeros(4) + Be(1, 4) + Box(codec, Zeros(70))) +
      Box("stsz", Zeros(8) + Be(samples, 4) + Zeros(4 * std::size_t{samples}));
  return Box("trak", Box("tkhd", Zeros(84)) +
                         Box("mdia", Box("hdlr", Zeros(8) + std::string(handler) + Zeros(13)) +
                                         Box("minf", Box("stbl", table))));
}

inline std::string MovieBox(std::string_view tracks) {
  return Box("moov", MvhdBox(1000, 2000) + std::string(tracks));
}

/// A GIF of so many pictures, with an extension before each and sub-blocks of several lengths.
inline std::string Gif(int pictures, bool colours = true) {
  std::string file = "GIF89a" + Le(2, 2) + Le(2, 2) + (colours ? "\x81" : std::string(1, '\0')) +
                     Zeros(2) + (colours ? Zeros(12) : "");
  for (int i = 0; i < pictures; ++i) {
    file += "\x21\xF9\x04" + Zeros(4) + Zeros(1);
    file += "\x2C" + Zeros(4) + Le(2, 2) + Le(2, 2) + (i % 2 == 0 ? Zeros(1) : "\x80" + Zeros(6));
    file += "\x02" + std::string("\x03,,,") + "\xFF" + std::string(255, '\x2C') + Zeros(1);
  }
  return file + ";";
}

/// A PNG, with a count of pictures before its data unless that is 0.
inline std::string Png(std::uint32_t pictures, bool behind_data = false) {
  const std::string control = pictures > 0 ? PngChunk("acTL", Be(pictures, 4) + Zeros(4)) : "";
  return "\x89PNG\r\n\x1A\n" + PngChunk("IHDR", Zeros(13)) + (behind_data ? "" : control) +
         PngChunk("IDAT", Zeros(20)) + (behind_data ? control : "") + PngChunk("IEND", "");
}

/// An extended WebP of so many animation frames.
inline std::string Webp(int frames, bool says_so = true) {
  std::string pieces = RiffPiece("VP8X", (says_so ? "\x02" : std::string(1, '\0')) + Zeros(9));
  if (frames > 0) pieces += RiffPiece("ANIM", Zeros(6));
  for (int i = 0; i < frames; ++i) pieces += RiffPiece("ANMF", Zeros(31));
  return Riff("WEBP", pieces);
}

}  // namespace vcache::test
