#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/provenance_files.h"

// Small packets that ask for much: memory or time that does not follow from their size.
namespace vcache::test {

inline std::string Repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// One directory of a TIFF, big-endian: entries of tag, type, count and place, and where the next
/// is.
struct TiffEntry {
  std::uint64_t tag;
  std::uint64_t type;
  std::uint64_t count;
  std::uint64_t at;
};
inline std::string TiffDirectory(const std::vector<TiffEntry>& entries, std::uint64_t next) {
  std::string directory = Be(entries.size(), 2);
  for (const TiffEntry& entry : entries) {
    directory += Be(entry.tag, 2) + Be(entry.type, 2) + Be(entry.count, 4) + Be(entry.at, 4);
  }
  return directory + Be(next, 4);
}

/// An EXIF packet of 16 directories: four in a chain, and from the first one nine more images,
/// those for Exif and GPS, and from Exif's the one for interoperability. Each has 250 entries of
/// the type whose values are all the same `count` bytes or items behind the directories.
inline std::string ExifBomb(std::uint64_t type, std::uint64_t count) {
  constexpr std::size_t kEntries = 250;
  constexpr std::size_t kDirectories = 16;
  constexpr std::size_t kListAt = 8;  // the places of the nine
  constexpr std::size_t kFirstAt = kListAt + 9 * 4;
  constexpr std::size_t kDirectoryBytes = 2 + kEntries * 12 + 4;
  constexpr std::size_t kDataAt = kFirstAt + kDirectories * kDirectoryBytes;
  constexpr std::uint64_t kPicked[] = {0x010F, 0x0110, 0x0131, 0x9286};
  const auto place = [](std::size_t directory) { return kFirstAt + directory * kDirectoryBytes; };
  std::string packet = "MM" + Be(42, 2) + Be(kFirstAt, 4);
  for (std::size_t i = 0; i < 9; ++i) packet += Be(place(4 + i), 4);
  for (std::size_t directory = 0; directory < kDirectories; ++directory) {
    std::vector<TiffEntry> entries;
    if (directory == 0) {
      entries = {{0x014A, 4, 9, kListAt}, {0x8769, 4, 1, place(13)}, {0x8825, 4, 1, place(14)}};
    } else if (directory == 13) {
      entries = {{0xA005, 4, 1, place(15)}};
    }
    for (const std::uint64_t tag : kPicked) entries.push_back({tag, type, count, kDataAt});
    while (entries.size() < kEntries) {
      entries.push_back({0xC000 + entries.size(), type, count, kDataAt});
    }
    packet += TiffDirectory(entries, directory < 3 ? place(directory + 1) : 0);
  }
  return packet + std::string(std::size_t{212'708}, 'x');
}

inline std::string XmpOf(std::string_view properties) {
  return "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
         "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
         "xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
         "xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' "
         "xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>" +
         std::string(properties) + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

/// XMP with one element whose name is this long, and so many children.
inline std::string XmpNameBomb(std::size_t name_bytes, std::size_t children) {
  const std::string name = "xmp:" + std::string(name_bytes, 'n');
  std::string inside;
  for (std::size_t i = 0; i < children; ++i) inside += "<xmp:c" + std::to_string(i) + "/>";
  return XmpOf("<" + name + " rdf:parseType='Resource'>" + inside + "</" + name + ">");
}

/// XMP whose attributes all stand in a namespace with a long URI.
inline std::string XmpNamespaceBomb(std::size_t uri_bytes, std::size_t attributes) {
  std::string list;
  for (std::size_t i = 0; i < attributes; ++i) list += " n:a" + std::to_string(i) + "=''";
  return XmpOf("<a xmlns:n='" + std::string(uri_bytes, 'u') + "'" + list + "/>");
}

}  // namespace vcache::test
