#pragma once

#include <string>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/detection/detector.h"

namespace vcache::test {

/// What a detector is asked about `text` or, for another kind, about `file`. Both must outlive it.
inline detection::DetectionTask MakeTask(detection::MediaKind kind, const std::string& text,
                                         const content::Spool& file) {
  detection::DetectionTask task;
  task.kind = kind;
  if (kind == detection::MediaKind::kText) {
    task.text = text;
    task.characters = text.size();
  } else {
    task.media_type =
        kind == detection::MediaKind::kVideo ? content::MediaType::kMp4 : content::MediaType::kJpeg;
    task.file = &file;
  }
  return task;
}

}  // namespace vcache::test
