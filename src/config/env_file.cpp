#include <algorithm>
#include <cstdlib>
#include <utility>
#include <variant>

#include "config/shown_value.h"
#include "config/values.h"
#include "vcache/config/settings.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

bool IsName(std::string_view name) {
  const auto is_part = [](char c) { return IsAlpha(c) || IsDigit(c) || c == '_'; };
  return !name.empty() && !IsDigit(name.front()) && std::all_of(name.begin(), name.end(), is_part);
}

/// Whether only white space and a comment follow a closing quote.
bool IsTail(std::string_view rest) {
  const std::string_view trimmed = Trim(rest);
  return trimmed.empty() || (trimmed.front() == '#' && trimmed.size() < rest.size());
}

/// A value in quotes. Single quotes keep everything as it is. In double quotes a backslash escapes
/// `"`, `\`, `$` and a backtick, and `\n` is a line break.
std::variant<std::string, std::string_view> ReadQuoted(std::string_view text) {
  const char quote = text.front();
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == quote) {
      if (!IsTail(text.substr(i + 1))) return std::string_view("text behind the closing quote");
      return value;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool escape = quote == '"' && c == '\\';
    if (escape && next != '\0' &&
        std::string_view("\"\\$`n").find(next) != std::string_view::npos) {
      value += next == 'n' ? '\n' : next;
      ++i;
    } else {
      value += c;
    }
  }
  return std::string_view("a quote that is not closed on its line");
}

/// A value without quotes, up to white space and `#`.
std::string ReadPlain(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && (text[i - 1] == ' ' || text[i - 1] == '\t')) {
      text = text.substr(0, i);
      break;
    }
  }
  return std::string(Trim(text));
}

/// More are counted only: the file may be no `.env` at all.
constexpr std::size_t kMostComplaints = 20;

/// Collects the lines of a file, and its errors.
class EnvFileReader {
 public:
  void Line(std::string_view line, std::size_t number) {
    const std::string_view trimmed = Trim(line);
    if (trimmed.empty() || trimmed.front() == '#') return;
    if (line.find('\0') != std::string_view::npos) return Complain(number, "a NUL character");
    const std::size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos) return Complain(number, "no \"=\"");
    std::string_view name = Trim(trimmed.substr(0, equals));
    if (name.starts_with("export ") || name.starts_with("export\t")) name = Trim(name.substr(7));
    if (!IsName(name)) return Complain(number, "no name of letters, digits and _ before the \"=\"");

    const std::string_view raw = trimmed.substr(equals + 1);
    const std::string_view value = Trim(raw);
    if (value.starts_with('"') || value.starts_with('\'')) {
      auto read = ReadQuoted(value);
      if (const auto* wrong = std::get_if<std::string_view>(&read)) return Complain(number, *wrong);
      Keep(name, std::get<std::string>(std::move(read)), number);
    } else {
      Keep(name, ReadPlain(raw), number);
    }
  }

  Result<EnvFile> Finish() {
    if (count_ > kMostComplaints) {
      complaints_ +=
          "\n.env: " + std::to_string(count_ - kMostComplaints) + " more lines are wrong";
    }
    if (count_ > 0) return Error{ErrorCode::kBadConfiguration, std::move(complaints_)};
    return std::move(values_);
  }

 private:
  void Keep(std::string_view name, std::string value, std::size_t number) {
    const auto [first, is_new] = lines_.emplace(name, number);
    if (is_new) {
      values_.emplace(name, std::move(value));
    } else {
      Complain(number, ShownName(name) + " again, after line " + std::to_string(first->second));
    }
  }

  void Complain(std::size_t number, std::string_view what) {
    if (++count_ > kMostComplaints) return;
    if (!complaints_.empty()) complaints_ += '\n';
    complaints_ += ".env: line " + std::to_string(number) + ": " + std::string(what);
  }

  EnvFile values_;
  std::map<std::string, std::size_t, std::less<>> lines_;
  std::string complaints_;
  std::size_t count_ = 0;  ///< Of all complaints.
};

}  // namespace

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Environment Layered(Environment first, EnvFile file) {
  return [first = std::move(first),
          file = std::move(file)](std::string_view name) -> std::optional<std::string> {
    if (auto value = first(name)) return value;
    const auto found = file.find(name);
    if (found == file.end()) return std::nullopt;
    return found->second;
  };
}

Environment Layered(EnvFile secrets, Environment process, EnvFile file) {
  return [secrets = std::move(secrets), others = Layered(std::move(process), std::move(file))](
             std::string_view name) -> std::optional<std::string> {
    const auto found = secrets.find(name);
    return found != secrets.end() ? found->second : others(name);
  };
}

Result<EnvFile> ParseEnvFile(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  EnvFileReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    reader.Line(text.substr(0, end), number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.Finish();
}

}  // namespace vcache::config
