#include "app/alerting/alert_message.h"

#include <chrono>
#include <cstdint>

#include "json/json.h"
#include "vcache/config/settings.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/base64.h"
#include "vcache/core/time_text.h"

namespace vcache::app {
namespace {

/// Discord takes 2000.
constexpr std::size_t kMostTextBytes = 1'900;

std::string Sentence(const metrics::AlertChange& change, const AlertSender& sender) {
  const metrics::Alert& alert = change.alert;
  std::string text = "[VerdictCache " + sender.instance + "] ";
  if (!change.is_raised)
    text += "RESOLVED ";
  else
    text += alert.severity == metrics::AlertSeverity::kCritical ? "CRITICAL " : "WARNING ";
  text += AlertName(alert.code);
  if (!alert.subject.empty()) text += " (" + alert.subject + ")";
  if (change.is_raised) return text + ": " + alert.message;
  const auto lasted = std::chrono::floor<std::chrono::seconds>(change.when - alert.since);
  return text + " after " + std::to_string(lasted.count()) + " s";
}

Secret KeyOf(const Secret& secret) {
  const std::string_view text = secret.Reveal();
  if (!text.starts_with(config::kWebhookSecretMark)) return secret;
  auto key = DecodeBase64(text.substr(config::kWebhookSecretMark.size()));
  return key ? Secret(*std::move(key)) : secret;  // the settings let only base64 through
}

}  // namespace

std::string AlertBody(const metrics::AlertChange& change, const AlertSender& sender) {
  const metrics::Alert& alert = change.alert;
  const std::string text = CutForLog(Sentence(change, sender), kMostTextBytes);
  Json data = Json::object();
  data["code"] = AlertName(alert.code);
  if (!alert.subject.empty()) data["subject"] = alert.subject;
  data["severity"] = SeverityName(alert.severity);
  data["message"] = alert.message;
  data["since"] = FormatTime(alert.since);
  data["active"] = change.is_raised;
  Json body = Json::object();
  body["type"] = change.is_raised ? "alert.raised" : "alert.resolved";
  body["timestamp"] = FormatTime(change.when);
  body["text"] = text;
  body["content"] = text;
  body["service"] = "VerdictCache";
  body["version"] = sender.version;
  body["instance"] = sender.instance;
  body["data"] = std::move(data);
  return DumpJson(body);
}

std::vector<std::pair<std::string, std::string>> WebhookHeaders(const std::string& id, WallTime now,
                                                                std::string_view body,
                                                                const Secret& secret) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  const std::string timestamp = std::to_string(seconds.count());
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Type", "application/json"}, {"webhook-id", id}, {"webhook-timestamp", timestamp}};
  if (secret.empty()) return headers;
  const std::string signed_text = id + "." + timestamp + "." + std::string(body);
  const content::ContentDigest mac = content::HmacOf(KeyOf(secret), AsBytes(signed_text));
  headers.emplace_back("webhook-signature", "v1," + EncodeBase64(mac.bytes()));
  return headers;
}

}  // namespace vcache::app
