#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/http/parsing/multipart.h"

/// Reads a form into plain values, for comparison: what came of it must not depend on how the body
/// was cut into pieces.
class MultipartRecorder : public vcache::http::MultipartSink {
 public:
  struct Part {
    vcache::http::PartHead head;
    std::string content;
    bool ended = false;
  };

  vcache::Result<void> OnPart(const vcache::http::PartHead& head) override {
    parts.push_back({head, "", false});
    return {};
  }
  vcache::Result<void> OnData(vcache::ByteView data) override {
    parts.back().content += vcache::AsText(data);
    empty_data = empty_data || data.empty();
    return {};
  }
  vcache::Result<void> OnPartEnd() override {
    parts.back().ended = true;
    return {};
  }

  /// Everything, the error included, in one comparable line per part.
  std::string Text() const {
    std::string text;
    for (const Part& part : parts) {
      text += "[" + part.head.name + "|" + part.head.file_name.value_or("(no file)") + "|" +
              part.head.content_type + "]" + part.content + (part.ended ? "<end>" : "<cut>") + "\n";
    }
    return text + error;
  }

  std::vector<Part> parts;
  std::string error;
  bool empty_data = false;
};

/// Feeds `body` in pieces: the first of `first` bytes, the others of at most `piece` bytes.
inline MultipartRecorder ReadMultipart(std::string_view body, const std::string& boundary,
                                       std::size_t first = std::string_view::npos,
                                       std::size_t piece = std::string_view::npos,
                                       vcache::http::MultipartLimits limits = {}) {
  MultipartRecorder recorder;
  vcache::http::MultipartReader reader(boundary, recorder, limits);
  vcache::Result<void> read = reader.Feed(vcache::AsBytes(body.substr(0, first)));
  body.remove_prefix(std::min(first, body.size()));
  while (read && !body.empty()) {
    read = reader.Feed(vcache::AsBytes(body.substr(0, piece)));
    body.remove_prefix(std::min(piece, body.size()));
  }
  if (read) read = reader.Finish();
  if (!read) recorder.error = read.error().message;
  return recorder;
}
