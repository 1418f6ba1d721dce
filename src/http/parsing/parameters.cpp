#include "http/parsing/parameters.h"

#include <algorithm>

#include "http/parsing/field_syntax.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMaxParameters = 16;

bool IsValueChar(char c) noexcept {
  return !IsControl(c) && !IsBlank(c) && c != ';' && c != '"' && c != '\\';
}

void SkipBlanks(std::string_view& text) noexcept {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
}

template <typename Predicate>
std::string_view TakeWhile(std::string_view& text, Predicate wanted) {
  const auto end = std::find_if_not(text.begin(), text.end(), wanted);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

/// Removes a quoted string; `text` begins with its opening quote.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) {
      c = text[++i];
    }
    if (IsControl(c)) return std::nullopt;
    value += c;
  }
  return std::nullopt;
}

std::optional<std::string> TakeValue(std::string_view& text) {
  if (text.starts_with('"')) return TakeQuoted(text);
  const std::string_view value = TakeWhile(text, IsValueChar);
  if (value.empty()) return std::nullopt;
  return std::string(value);
}

}  // namespace

std::optional<Parameters> ParseParameters(std::string_view text) {
  Parameters parameters;
  for (SkipBlanks(text); !text.empty(); SkipBlanks(text)) {
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    SkipBlanks(text);
    if (text.empty() || text.front() == ';') continue;  // two semicolons may follow each other
    std::string name = ToLower(TakeWhile(text, IsTokenChar));
    if (name.empty() || !text.starts_with('=')) return std::nullopt;
    text.remove_prefix(1);
    std::optional<std::string> value = TakeValue(text);
    if (!value || FindParameter(parameters, name) != nullptr) return std::nullopt;
    if (parameters.size() == kMaxParameters) return std::nullopt;
    parameters.emplace_back(std::move(name), *std::move(value));
  }
  return parameters;
}

const std::string* FindParameter(const Parameters& parameters, std::string_view name) noexcept {
  for (const auto& [known, value] : parameters) {
    if (known == name) return &value;
  }
  return nullptr;
}

}  // namespace vcache::http
