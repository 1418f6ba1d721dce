#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/content/content_digest.h"
#include "vcache/http/message.h"

namespace vcache::sandbox {

/// A multipart form as a vendor reads it: its plain fields as texts, its file as a digest.
struct Form {
  std::map<std::string, std::string, std::less<>> fields;
  /// Of the file's bytes; empty when there was none, or an empty one.
  std::optional<content::ContentDigest> file;

  /// A field's text, empty when it is missing.
  std::string_view Field(std::string_view name) const;
};

/// Reads the whole body. The file is the part named `file_field`; it is hashed as it streams by, so
/// its size does not matter. Empty when the body is no form, breaks off, or has a field over 4 MiB.
std::optional<Form> ReadForm(http::Request& request, std::string_view file_field);

}  // namespace vcache::sandbox
