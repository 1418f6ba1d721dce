#include "vcache/http/parsing/cache_control.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "http/parsing/field_syntax.h"
#include "vcache/core/ascii.h"
#include "vcache/core/parse_number.h"

namespace vcache::http {
namespace {

/// RFC 9111 section 1.2.2: larger ages count as this one.
constexpr std::int64_t kLongestAge = 2'147'483'648;

struct Directive {
  std::string_view name;
  std::optional<std::string> argument{};  ///< Unquoted.
};

/// Reads one list of directives from its front. Linear in its length.
class DirectiveReader {
 public:
  explicit DirectiveReader(std::string_view list) : rest_(list) {}

  /// Empty at the end, or when nothing more can be told apart. A malformed directive has no name.
  std::optional<Directive> Next() {
    Skip(" \t,");
    if (rest_.empty()) return std::nullopt;
    Directive directive{Token()};
    if (!rest_.empty() && rest_.front() == '=') {
      rest_.remove_prefix(1);
      if (!ReadArgument(directive)) return std::nullopt;
    }
    Skip(" \t");
    if (rest_.empty() || rest_.front() == ',') return directive;
    return SkipMalformed() ? std::optional(Directive{}) : std::nullopt;
  }

 private:
  void Skip(std::string_view bytes) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(bytes), rest_.size()));
  }
  std::string_view Token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsTokenChar);
    const auto token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }
  /// False for a quoted string without an end.
  bool ReadArgument(Directive& directive) {
    if (rest_.empty() || rest_.front() != '"') {
      directive.argument = Token();
      return true;
    }
    directive.argument.emplace();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      *directive.argument += rest_[i];
    }
    return false;
  }
  /// To the next comma. False where a quote may hide commas.
  bool SkipMalformed() {
    const std::size_t comma = rest_.find(',');
    const std::size_t quote = rest_.find('"');
    rest_.remove_prefix(std::min(comma, rest_.size()));
    return quote > comma || quote == std::string_view::npos;
  }

  std::string_view rest_;
};

std::optional<std::chrono::seconds> AgeOf(const std::optional<std::string>& argument) {
  if (!argument || argument->empty() || !std::all_of(argument->begin(), argument->end(), IsDigit)) {
    return std::nullopt;
  }
  const auto age = ParseNumber<std::int64_t>(*argument);
  return std::chrono::seconds(std::min(age.value_or(kLongestAge), kLongestAge));
}

void Note(const Directive& directive, CacheControl& control) {
  const auto is = [&](std::string_view name) { return EqualsIgnoringCase(directive.name, name); };
  if (is("only-if-cached")) control.only_if_cached = true;
  if (is("no-cache") && !directive.argument) control.no_cache = true;
  if (is("no-store") && !directive.argument) control.no_store = true;
  if (is("max-age")) {
    // Of several the longest: it costs least.
    if (const auto age = AgeOf(directive.argument)) {
      control.max_age = std::max(control.max_age.value_or(*age), *age);
    }
  }
}

}  // namespace

CacheControl ParseCacheControl(const Headers& headers) {
  CacheControl control;
  for (const std::string_view list : headers.GetAll("Cache-Control")) {
    DirectiveReader reader(list);
    while (const auto directive = reader.Next()) Note(*directive, control);
  }
  return control;
}

}  // namespace vcache::http
