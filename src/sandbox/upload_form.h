#pragma once

#include <map>
#include <string>

#include "vcache/content/content_hasher.h"
#include "vcache/http/parsing/message.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::sandbox {

/// A multipart form with one file: keeps the plain fields and hashes the file. For one thread.
class UploadForm final : public http::MultipartSink {
 public:
  explicit UploadForm(std::string file_field) : file_field_(std::move(file_field)) {}

  /// Reads the request's body to its end. Error: kBadRequest when it is no form.
  Result<void> Read(http::Request& request);

  const std::string& Field(const std::string& name) { return fields_[name]; }
  const std::string& file_type() const { return file_type_; }
  bool has_file() const { return file_bytes_ > 0; }
  /// The file's digest; call it once.
  content::ContentDigest Digest() { return hasher_.Finish(); }

  Result<void> OnPart(const http::PartHead& head) override;
  Result<void> OnData(ByteView data) override;
  Result<void> OnPartEnd() override { return {}; }

 private:
  const std::string file_field_;
  std::string name_;
  std::string file_type_;
  std::map<std::string, std::string> fields_;
  content::ContentHasher hasher_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace vcache::sandbox
