#include "cli/finding.h"
#include "vcache/core/enum_table.h"

#include <algorithm>

#include "json/json.h"
#include "vcache/core/log.h"

namespace vcache::cli {
namespace {

/// A limit, because the text may contain paths and a server's words.
constexpr std::size_t kMaxText = 2000;

std::string Padded(std::string_view text, std::size_t width) {
  std::string padded(text);
  padded.resize(std::max(width, text.size()), ' ');
  return padded;
}

}  // namespace

std::string_view GradeName(Grade grade) noexcept {
  static constexpr EnumNames<Grade, 3> kNames{{"ok", "warn", "FAIL"}};
  return kNames.Of(grade);
}

bool HasFailed(std::span<const Finding> findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.grade == Grade::kFail; });
}

std::string AsText(std::span<const Finding> findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size());
  std::string text;
  for (const Finding& finding : findings) {
    text += Padded(GradeName(finding.grade), 6) + Padded(finding.check, width + 2) +
            EscapeForLog(finding.message, kMaxText) + '\n';
    if (finding.advice.empty()) continue;
    text += Padded("", width + 8) + "-> " + EscapeForLog(finding.advice, kMaxText) + '\n';
  }
  return text;
}

std::string AsJson(std::span<const Finding> findings) {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    Json check = Json::object();
    check["check"] = finding.check;
    check["status"] = finding.grade == Grade::kFail ? "fail" : GradeName(finding.grade);
    check["message"] = finding.message;
    if (!finding.advice.empty()) check["advice"] = finding.advice;
    checks.push_back(std::move(check));
  }
  Json report = Json::object();
  report["ok"] = !HasFailed(findings);
  report["checks"] = std::move(checks);
  return DumpJson(report) + '\n';
}

}  // namespace vcache::cli
