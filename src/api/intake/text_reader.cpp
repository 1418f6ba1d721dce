#include "api/intake/text_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "api/intake/strict_input.h"
#include "json/json.h"
#include "vcache/core/ascii.h"
#include "vcache/core/bytes.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::api {
namespace {

/// A character takes at most twelve bytes (`\ud83d\ude00` in JSON); outer white space is extra.
std::size_t MostBytes(const TextLimits& limits) {
  return limits.max_chars * 12 + 64 * 1024;
}

bool IsUtf8Charset(const std::optional<std::string>& charset) {
  if (!charset) return true;
  const std::string lower = ToLower(*charset);
  return lower == "utf-8" || lower == "utf8" || lower == "us-ascii";
}

Result<std::string> TextFromJson(const std::string& body) {
  JsonLimits limits;
  limits.max_depth = 8;
  limits.max_values = 64;
  limits.refuse_duplicate_keys = true;
  const Result<Json> parsed = ParseJson(body, limits);
  // Invalid UTF-8 in a string makes the JSON malformed too; report the more precise error.
  if (!parsed) {
    if (const auto checked = content::MakeCanonicalText(body); !checked) return checked.error();
    return parsed.error();
  }
  if (parsed->is_object()) {
    if (auto refusal = RefuseUnknownMembers(*parsed, {"text"})) return *std::move(refusal);
  }
  std::optional<std::string> text = AsString(Find(*parsed, "text"));
  if (!text) {
    return Error{ErrorCode::kBadRequest, "The JSON needs a member \"text\" that is a string."};
  }
  return std::move(*text);
}

}  // namespace

TextReader::TextReader(const TextLimits& limits, std::string type)
    : limits_(limits), type_(std::move(type)), body_(MostBytes(limits)) {}

Result<TextReader> TextReader::Open(const http::Request& request, const TextLimits& limits) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto header = request.info.headers.Get("Content-Type");
  const auto type = header ? http::ParseMediaTypeHeader(*header) : std::nullopt;
  const std::string name = type ? type->type : "";
  if (!request.has_body) {
    return Error{ErrorCode::kLengthRequired, "The request has no body; send the text in it."};
  }
  const bool known = name == "application/json" || name == "text/plain" ||
                     name == "application/x-www-form-urlencoded";
  if (!known || !IsUtf8Charset(type->charset)) {
    return Error{ErrorCode::kUnsupportedMediaType,
                 "The Content-Type must be application/json, application/x-www-form-urlencoded or "
                 "text/plain, in UTF-8."};
  }
  TextReader reader(limits, name);
  if (auto fits = reader.body_.CheckLength(request.content_length); !fits) return fits.error();
  return reader;
}

Result<content::CanonicalText> TextReader::Finish() const {
  Result<std::string> raw = body_.text();
  if (type_ == "application/json") raw = TextFromJson(*raw);
  if (type_ == "application/x-www-form-urlencoded") raw = OnlyFormField(*raw, "text");
  if (!raw) return std::move(raw).error();

  Result<content::CanonicalText> text = content::MakeCanonicalText(*raw);
  if (!text) return text;
  const std::string length = "The text has " + std::to_string(text->characters) + " characters; ";
  if (text->characters < limits_.min_chars) {
    return Error{ErrorCode::kTextTooShort,
                 length + "send at least " + std::to_string(limits_.min_chars) + "."};
  }
  if (text->characters > limits_.max_chars) {
    return Error{ErrorCode::kTextTooLong,
                 length + "send at most " + std::to_string(limits_.max_chars) + "."};
  }
  return text;
}

}  // namespace vcache::api
