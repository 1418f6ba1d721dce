#pragma once

#include <optional>

#include "json/json.h"
#include "vcache/core/provenance.h"
#include "vcache/core/video_info.h"

namespace vcache {

// `provenance` and `videoMetadata` of a verdict, as docs/cache-format.md specifies them. Null,
// another type or an unknown claim reads as absent, and so does a single field of a wrong type.
Json ProvenanceToJson(const Provenance& provenance);
std::optional<Provenance> ProvenanceFromJson(const Json* object);
Json VideoInfoToJson(const VideoInfo& info);
std::optional<VideoInfo> VideoInfoFromJson(const Json* object);

}  // namespace vcache
