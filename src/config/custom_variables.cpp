#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/url.h"
#include "config/values.h"
#include "config/variable_kinds.h"
#include "json/json.h"
#include "vcache/core/ascii.h"
#include "vcache/core/parse_number.h"

namespace vcache::config {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr double kMaxScale = 1e9;

bool IsShortText(std::string_view text) {
  return text.size() <= kMaxText && IsPath(text);
}

/// A URL that may have a query, and placeholders anywhere behind its host.
bool IsTemplateUrl(std::string_view text) {
  if (text.size() > 2048) return false;
  std::string plain(text);
  for (const std::string_view name : {"{key}", "{id}", "{sha256}", "{media_type}"}) {
    for (std::size_t at = plain.find(name); at != std::string::npos; at = plain.find(name)) {
      plain.replace(at, name.size(), "x");
    }
  }
  const auto url = ParseUrl(plain);
  if (!url || url->has_user || url->has_fragment) return false;
  if (url->scheme == "http" && !IsLoopbackHost(url->host)) return false;
  const std::size_t host = text.find("://") + 3;
  return text.find('{') >= std::min(text.find_first_of("/?", host), text.size());
}

bool IsJsonBody(std::string_view text) {
  if (text.size() > kMaxText) return false;
  const auto body = ParseJson(text);
  return body && body->is_structured();
}

bool IsPointer(std::string_view text) {
  return text.size() <= 512 && IsShortText(text) && IsJsonPointer(text);
}

/// `name<separator>value | name<separator>value`
std::optional<Pairs> ParsePairs(std::string_view text, char separator) {
  Pairs pairs;
  if (!IsShortText(text)) return std::nullopt;
  for (;;) {
    const std::size_t bar = text.find('|');
    const std::string_view pair = text.substr(0, bar);
    const std::size_t at = pair.find(separator);
    const std::string_view name = Trim(pair.substr(0, at));
    if (at == std::string_view::npos || !IsToken(name)) return std::nullopt;
    pairs.emplace_back(name, Trim(pair.substr(at + 1)));
    if (bar == std::string_view::npos) return pairs;
    text.remove_prefix(bar + 1);
  }
}

std::string JoinPairs(const Pairs& pairs, std::string_view separator) {
  std::string joined;
  for (const auto& [name, value] : pairs) {
    joined += (joined.empty() ? "" : " | ") + name + std::string(separator) + value;
  }
  return joined;
}

template <typename Field>
Variable Pointer(const Doc& doc, Field field) {
  return Harmless(Text(doc, "a JSON pointer (RFC 6901) such as /result/score", IsPointer, field));
}

template <typename Field>
Variable Scale(const Doc& doc, Field field) {
  const auto parse = [](std::string_view text) -> std::optional<double> {
    const std::optional<double> value = ParseNumber<double>(text);
    const bool good = value && std::isfinite(*value) && *value > 0 && *value <= kMaxScale;
    return good ? value : std::nullopt;
  };
  const auto show = [](double value) {
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return std::string(text.data(), end);
  };
  return Harmless(MakeVariable(doc, "a number above 0 and up to 1000000000, such as 1 or 100",
                               field, parse, show));
}

template <typename Field>
Variable Words(const Doc& doc, Field field) {
  return Harmless(MakeVariable(doc, "a comma list of words", field, ParseList, JoinList));
}

std::optional<std::vector<int>> ParseStatuses(std::string_view text) {
  const auto words = ParseList(text);
  if (!words) return std::nullopt;
  std::vector<int> statuses;
  for (const std::string& word : *words) {
    const auto status = ParseWhole(word);
    if (!status || *status < 400 || *status > 599) return std::nullopt;
    statuses.push_back(static_cast<int>(*status));
  }
  return statuses;
}

std::string JoinStatuses(const std::vector<int>& statuses) {
  std::vector<std::string> words;
  for (const int status : statuses) words.push_back(std::to_string(status));
  return JoinList(words);
}

std::optional<std::vector<std::string>> ParseKinds(std::string_view text) {
  auto kinds = ParseList(text);
  for (std::size_t i = 0; kinds && i < kinds->size(); ++i) {
    const std::string& kind = (*kinds)[i];
    if (kind != "image" && kind != "video" && kind != "text") kinds.reset();
  }
  return kinds;
}

constexpr auto kVendor = [](auto& s) -> auto& {
  return s.detection.vendors[VendorId::kCustom];
};

std::vector<Variable> Question() {
  // Nobody keeps people from writing a key right into headers, form fields, body or query: none of
  // them is declared harmless.
  return {
      HarmlessOrigin(Text(
          {"CUSTOM_URL", "", "Custom vendor (see the README): where contents are sent"},
          "an https:// URL (http:// to this machine only), with placeholders behind the host only",
          IsTemplateUrl, [](auto& s) -> auto& { return kVendor(s).base_url; })),
      Choice<std::string, 2>({"CUSTOM_METHOD", "", "Custom vendor: POST or PUT"},
                             {{{"POST", "POST"}, {"PUT", "PUT"}}}, &CustomSettings::method),
      Text(
          {"CUSTOM_API_KEY", "", "Custom vendor: the key; it replaces every {key}"},
          "at most 4096 printable characters without spaces",
          [](std::string_view text) { return text.size() <= kMaxText && IsVisible(text); },
          [](auto& s) -> auto& { return kVendor(s).key; }),
      MakeVariable(
          {"CUSTOM_HEADERS", "",
           "Custom vendor: headers as `Name: value | Name: value`; {key} is CUSTOM_API_KEY, "
           "{traceparent} that field of the request"},
          "pairs like Authorization: Bearer {key} | X-Mode: strict", &CustomSettings::headers,
          [](std::string_view text) { return ParsePairs(text, ':'); },
          [](const Pairs& pairs) { return JoinPairs(pairs, ": "); }),
  };
}

std::vector<Variable> Content() {
  return {
      Harmless(MakeVariable(
          {"CUSTOM_KINDS", "", "Custom vendor: what it judges: image, video, text"},
          "a comma list of image, video and text", &CustomSettings::kinds, ParseKinds, JoinList)),
      Harmless(Text(
          {"CUSTOM_FILE_FIELD", "",
           "Custom vendor: form field of a file; without it the file is the body, or {base64} in "
           "CUSTOM_BODY"},
          "a name without spaces", IsToken, &CustomSettings::file_field)),
      MakeVariable(
          {"CUSTOM_FORM_FIELDS", "",
           "Custom vendor: more form fields as `name=value | name=value`, with {text}, {key}, "
           "{sha256}"},
          "pairs like model=fast | key={key}", &CustomSettings::form_fields,
          [](std::string_view text) { return ParsePairs(text, '='); },
          [](const Pairs& pairs) { return JoinPairs(pairs, "="); }),
      Text(
          {"CUSTOM_BODY", "",
           "Custom vendor: JSON body with {text}, or {base64} for files; also {key}, {media_type}, "
           "{sha256}"},
          "a JSON object or array such as {\"input\":\"{text}\"}", IsJsonBody,
          &CustomSettings::body),
  };
}

std::vector<Variable> Answer() {
  return {
      Pointer({"CUSTOM_SCORE_POINTER", "", "Custom vendor: where the answer has the score"},
              &CustomSettings::score_pointer),
      Scale({"CUSTOM_SCORE_MAX", "", "Custom vendor: end of the score's scale, which begins at 0"},
            &CustomSettings::score_max),
      Choice<bool, 2>(
          {"CUSTOM_SCORE_MEANS", "", "Custom vendor: what a high score means: ai or human"},
          {{{"ai", false}, {"human", true}}}, &CustomSettings::score_is_human),
      Pointer(
          {"CUSTOM_CONFIDENCE_POINTER", "", "Custom vendor: where the answer says how sure it is"},
          &CustomSettings::confidence_pointer),
      Scale({"CUSTOM_CONFIDENCE_MAX", "", "Custom vendor: end of that number's scale"},
            &CustomSettings::confidence_max),
      Harmless(MakeVariable(
          {"CUSTOM_FREE_STATUSES", "",
           "Custom vendor: HTTP statuses that certainly cost nothing; only these are retried"},
          "a comma list of statuses from 400 to 599", &CustomSettings::free_statuses, ParseStatuses,
          JoinStatuses)),
  };
}

std::vector<Variable> Following() {
  return {
      Pointer({"CUSTOM_STATE_POINTER", "", "Custom vendor: where the answer has the job's state"},
              &CustomSettings::state_pointer),
      Words({"CUSTOM_STATE_DONE", "", "Custom vendor: states that mean finished"},
            &CustomSettings::state_done),
      Words({"CUSTOM_STATE_FAILED", "", "Custom vendor: states that mean failed for good"},
            &CustomSettings::state_failed),
      Words({"CUSTOM_STATE_PENDING", "", "Custom vendor: states that mean not yet"},
            &CustomSettings::state_pending),
      Pointer(
          {"CUSTOM_ID_POINTER", "",
           "Custom vendor, when the result comes later: where the first answer has the job's id"},
          &CustomSettings::id_pointer),
      HarmlessOrigin(Text(
          {"CUSTOM_POLL_URL", "", "Custom vendor: where to ask for the result, with {id}"},
          "an https:// URL (http:// to this machine only), with placeholders behind the host only",
          IsTemplateUrl, &CustomSettings::poll_url)),
      Pointer(
          {"CUSTOM_POLL_URL_POINTER", "",
           "Custom vendor: where the first answer has that URL instead; only on CUSTOM_URL's host"},
          &CustomSettings::poll_url_pointer),
      Whole({"CUSTOM_POLL_INTERVAL_MS", "ms", "Custom vendor: pause between two such requests"}, 10,
            60'000, &CustomSettings::poll_interval),
      Whole(
          {"CUSTOM_TIMEOUT_MS", "ms",
           "How long the custom vendor may take, all looks for the result included"},
          1, 600'000, [](auto& s) -> auto& { return kVendor(s).timeout; }),
      Amount(
          {"CUSTOM_COST_USD", "USD",
           "What the custom vendor charges for a unit of CUSTOM_COST_PER"},
          [](auto& s) -> auto& { return kVendor(s).cost; }),
      Choice<CostUnit, 4>(
          {"CUSTOM_COST_PER", "",
           "Custom vendor: unit of the price: call, second (started, of a video), 1000_words or "
           "1000_characters (started, of a text)"},
          {{{"call", CostUnit::kCall},
            {"second", CostUnit::kSecond},
            {"1000_words", CostUnit::kThousandWords},
            {"1000_characters", CostUnit::kThousandCharacters}}},
          &CustomSettings::cost_unit),
      Pointer({"CUSTOM_UNITS_POINTER", "",
               "Custom vendor: where the answer says how many of these units it charged"},
              &CustomSettings::units_pointer),
      Whole(
          {"CUSTOM_MAX_CONCURRENCY", "", "Calls of the custom vendor at once; others wait in line"},
          1, 1000, [](auto& s) -> auto& { return kVendor(s).max_concurrency; }),
  };
}

}  // namespace

std::vector<Variable> CustomVariables() {
  std::vector<Variable> all = Question();
  for (Variable& variable : Content()) all.push_back(std::move(variable));
  for (Variable& variable : Answer()) all.push_back(std::move(variable));
  for (Variable& variable : Following()) all.push_back(std::move(variable));
  return all;
}

}  // namespace vcache::config
