#include "config/variable_kinds.h"
#include "vcache/core/base64.h"

namespace vcache::config {
namespace {

constexpr std::size_t kMostUrlBytes = 2'048;
constexpr std::size_t kLeastSecretBytes = 16;

/// The operator names it: any address, also of a private network. Its path or query is a password.
bool IsWebhookUrl(std::string_view text) {
  if (text.size() > kMostUrlBytes) return false;
  const auto url = ParseUrl(text);
  if (!url || url->has_user || url->has_fragment) return false;
  return url->scheme == "https" || IsLoopbackHost(url->host);
}

bool IsWebhookSecret(std::string_view text) {
  if (text.size() < kLeastSecretBytes || !IsCredential(text)) return false;
  return !text.starts_with(kWebhookSecretMark) ||
         DecodeBase64(text.substr(kWebhookSecretMark.size()));
}

}  // namespace

std::vector<Variable> AlertVariables() {
  return {
      Text({"ALERT_WEBHOOK_URL", "",
            "Where each alert is posted, raised and over: an incoming webhook of Slack or Discord, "
            "or a receiver of your own"},
           "an https:// URL (http:// to this machine only) without user and fragment, at most "
           "2048 characters",
           IsWebhookUrl, &AlertSettings::webhook_url),
      Text({"ALERT_WEBHOOK_SECRET", "",
            "Signs what is posted there, as Standard Webhooks do; whsec_ and base64, or any text"},
           "whsec_ and base64, or 16 to 512 printable characters without spaces", IsWebhookSecret,
           &AlertSettings::webhook_secret),
  };
}

}  // namespace vcache::config
