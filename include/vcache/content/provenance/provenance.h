#pragma once

#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/provenance.h"

namespace vcache::content {

/// What the file itself declares of its origin: a C2PA manifest (JPEG, PNG, WebP, AVI, MP4,
/// QuickTime, AVIF, HEIC), the IPTC digital source type and known generators in XMP, EXIF and IPTC
/// (JPEG, PNG, WebP; XMP in MP4 and QuickTime), and parameters that image generators leave in PNG
/// texts. Empty when it declares nothing, or cannot be read.
///
/// Every byte of it may be hostile: 1 MiB is read at most, boxes and lists are counted, and no
/// packet of metadata costs more than four times its size and 64 KiB of memory, or 20 ms. Of
/// third-party code only expat runs. Thread-safe, and waits for nobody.
std::optional<Provenance> ReadProvenance(const Spool& file, MediaType type);

}  // namespace vcache::content
