#pragma once

#include <string>
#include <utility>
#include <vector>

#include "content/container/file_view.h"
#include "vcache/content/container/media_type.h"

namespace vcache::content {

/// Where each kind of metadata lies in a file; views without bytes where there is none.
struct MetadataPackets {
  explicit MetadataPackets(const FileView& file)
      : exif(file.Empty()), xmp(file.Empty()), iptc(file.Empty()) {}

  FileView exif;                ///< From the TIFF header on.
  FileView xmp;                 ///< The XML.
  FileView iptc;                ///< Records of IPTC's Information Interchange Model.
  std::vector<FileView> jumbf;  ///< Each a run of JUMBF boxes, `kMaxJumbf` at most.
  /// A PNG's keywords and texts: limited by `kMaxTexts`, `kMaxTextBytes` and `kMaxAllTextBytes`.
  std::vector<std::pair<std::string, std::string>> texts;
};

inline constexpr std::size_t kMaxJumbf = 4;
inline constexpr std::size_t kMaxTexts = 16;
inline constexpr std::size_t kMaxTextBytes = 32 * 1024;
inline constexpr std::size_t kMaxAllTextBytes = 256 * 1024;

// Each reads one kind of container; the first packet of each kind counts.
MetadataPackets FindJpegMetadata(const FileView& file);
MetadataPackets FindPngMetadata(const FileView& file);
MetadataPackets FindRiffMetadata(const FileView& file);
MetadataPackets FindIsoMetadata(const FileView& file);

/// Chooses by the file's type; finds nothing for types without supported metadata.
MetadataPackets FindMetadata(const FileView& file, MediaType type);

}  // namespace vcache::content
