#pragma once

#include <optional>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/provenance.h"

namespace vcache::content {

/// What the file itself declares of its origin. Empty when it declares nothing or cannot be read.
/// Sources: a C2PA manifest (JPEG, PNG, WebP, AVI, MP4, QuickTime, AVIF, HEIC); the IPTC digital
/// source type and known generators in XMP, EXIF and IPTC (JPEG, PNG, WebP; XMP in MP4 and
/// QuickTime); parameters that image generators leave in PNG texts.
///
/// Every byte may be hostile. The parser reads 1 MiB at most, and limits the number of boxes and
/// lists. A metadata packet costs at most four times its size plus 64 KiB of memory, and 20 ms. The
/// only third-party parser is expat. Thread-safe; does not block.
std::optional<Provenance> ReadProvenance(const Spool& file, MediaType type);

}  // namespace vcache::content
