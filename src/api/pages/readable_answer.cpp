#include "api/pages/readable_answer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/pages/page.h"
#include "json/json.h"
#include "vcache/core/ascii.h"

namespace vcache::api {
namespace {

constexpr std::array<std::string_view, 3> kUploads = {"/api/analysis/file", "/api/analysis/text",
                                                      "/api/text-analysis/analyze"};
constexpr std::string_view kBack = "<p><a href=\"/\">Analyse something else</a></p>\n";

/// Whether the media types that are accepted are those of a browser that follows a form.
bool AcceptsPagesOnly(const http::Headers& headers) {
  bool html = false;
  for (const std::string_view field : headers.GetAll("Accept")) {
    const std::string types = ToLower(field);
    if (types.find("json") != std::string::npos) return false;
    html = html || types.find("text/html") != std::string::npos;
  }
  return html;
}

bool IsJson(const http::Response& response) {
  const auto type = response.headers.Get("Content-Type");
  return response.stream == nullptr && type && type->ends_with("json");
}

std::string TextOf(const Json* json) {
  if (json == nullptr || json->is_null()) return {};
  if (const auto text = AsString(json)) return std::string(*text);
  return DumpJson(*json);
}

std::string_view InWords(std::string_view verdict) {
  if (verdict == "ai_generated") return "Made by AI";
  if (verdict == "likely_ai") return "Probably made by AI";
  if (verdict == "possibly_ai") return "Possibly made by AI";
  if (verdict == "possibly_real") return "Possibly not made by AI";
  return "Probably not made by AI";
}

std::string Ago(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  for (const Unit unit : {Unit{86'400, "day"}, Unit{3'600, "hour"}, Unit{60, "minute"}}) {
    const std::int64_t count = seconds / unit.seconds;
    if (count == 0) continue;
    return std::to_string(count) + " " + unit.name + (count == 1 ? " ago" : "s ago");
  }
  return "a moment ago";
}

/// Where the answer came from, and what that saved. Empty where the client must not know.
std::string CacheSentence(const Json* cache) {
  if (cache == nullptr || !cache->is_object()) return {};
  const std::string status = TextOf(Find(*cache, "status"));
  const std::string saved = " That saved " + TextOf(Find(*cache, "savedUsd")) + " USD.";
  if (status == "HIT") {
    const auto age = AsInteger(Find(*cache, "ageSeconds"));
    return "Answered from the cache" + (age ? ": analysed " + Ago(*age) + "." : std::string(".")) +
           saved;
  }
  if (status == "COALESCED") return "Somebody else sent the same at this moment." + saved;
  return "Analysed now.";
}

void AddFact(std::string& list, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  list.append("<dt>").append(name).append("</dt><dd>").append(EscapeHtml(value)).append("</dd>\n");
}

std::string FactsOf(const Json& analysis) {
  std::string list = "<dl>\n";
  AddFact(list, "File", TextOf(Find(analysis, "fileName")));
  AddFact(list, "Kind", TextOf(Find(analysis, "mediaType")));
  AddFact(list, "Size in bytes", TextOf(Find(analysis, "bytes")));
  AddFact(list, "Sureness of the detectors in per cent", TextOf(Find(analysis, "confidence")));
  AddFact(list, "SHA-256", TextOf(Find(analysis, "sha256")));
  return list + "</dl>\n";
}

std::string SourcesOf(const Json& analysis) {
  const Json* sources = Find(analysis, "sources");
  if (sources == nullptr || !sources->is_array() || sources->empty()) return {};
  std::string table =
      "<h2>What each detector says</h2>\n<table>\n"
      "<tr><th scope=\"col\">Detector</th><th scope=\"col\">Score</th></tr>\n";
  for (const Json& source : *sources) {
    std::string score = TextOf(Find(source, "score"));
    if (score.empty()) score = TextOf(Find(source, "error"));
    table.append("<tr><td>").append(EscapeHtml(TextOf(Find(source, "provider"))));
    table.append("</td><td>").append(EscapeHtml(score)).append("</td></tr>\n");
  }
  return table + "</table>\n";
}

void ShowVerdict(const Json& analysis, const Json* cache, http::Response& response) {
  const std::string_view words =
      InWords(AsString(FindPath(analysis, {"verdict", "key"})).value_or(""));
  const std::string score = EscapeHtml(TextOf(Find(analysis, "aiScore")));
  std::string main;
  if (AsBool(Find(analysis, "demo")).value_or(false)) {
    main +=
        "<p class=\"demo\" role=\"note\">No detector was asked: a sandbox made this verdict up, so "
        "that the service can be tried.</p>\n";
  }
  main.append("<h1>").append(words).append("</h1>\n<p>");
  main.append("<meter min=\"0\" max=\"100\" low=\"30\" high=\"70\" optimum=\"0\" value=\"");
  main.append(score).append("\" aria-label=\"Score\">").append(score).append("</meter><br>\n");
  main.append(score).append(" of 100: 0 is certainly not made by AI, 100 certainly is.</p>\n");
  if (const std::string sentence = CacheSentence(cache); !sentence.empty()) {
    main.append("<p>").append(EscapeHtml(sentence)).append("</p>\n");
  }
  main += FactsOf(analysis) + SourcesOf(analysis);
  MakePage(response, words, main.append(kBack));
}

void ShowError(const Json& problem, http::Response& response) {
  std::string main = "<h1>This could not be analysed</h1>\n<p>";
  main += EscapeHtml(TextOf(Find(problem, "error"))) + "</p>\n";
  if (response.status == 401) {
    main +=
        "<p>This service takes analyses with a key only, which a form cannot send. Ask whoever "
        "runs it.</p>\n";
  }
  if (const auto wait = AsInteger(Find(problem, "retryAfterSeconds"))) {
    main += "<p>Try again in " + std::to_string(*wait) + " s.</p>\n";
  }
  main += "<p>Number of the request: " + EscapeHtml(TextOf(Find(problem, "requestId"))) + "</p>\n";
  MakePage(response, "This could not be analysed", main.append(kBack));
}

}  // namespace

void MakeReadable(const http::RequestInfo& request, http::Response& response) {
  if (request.method != "POST") return;
  if (std::find(kUploads.begin(), kUploads.end(), request.path) == kUploads.end()) return;
  if (!IsJson(response)) return;
  response.headers.Add("Vary", "Accept");
  if (!AcceptsPagesOnly(request.headers)) return;
  const auto body = ParseJson(response.body);
  if (!body || !body->is_object()) return;
  if (const Json* analysis = Find(*body, "analysis"); analysis != nullptr) {
    ShowVerdict(*analysis, Find(*body, "cache"), response);
  } else if (response.status >= 400) {
    ShowError(*body, response);
  }
}

}  // namespace vcache::api
