#pragma once

#include <optional>

#include "json/json.h"
#include "vcache/core/provenance.h"
#include "vcache/core/video_info.h"

namespace vcache {

// `provenance` and `videoMetadata` of a verdict, as docs/cache-format.md specifies them. Reading:
// null, another type or an unknown claim is nothing; single fields of a wrong type are absent.
Json ProvenanceToJson(const Provenance& provenance);
std::optional<Provenance> ProvenanceFromJson(const Json* object);
Json VideoInfoToJson(const VideoInfo& info);
std::optional<VideoInfo> VideoInfoFromJson(const Json* object);

}  // namespace vcache
