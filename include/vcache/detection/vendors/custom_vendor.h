#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vcache/core/cost_unit.h"
#include "vcache/core/secret.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/detection/vendors/vendors.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// Where a number stands in an answer (a JSON pointer, RFC 6901) and on which scale: from 0 to
/// `max`. An empty pointer: there is none.
struct CustomNumber {
  std::string pointer;
  double max = 1;
};

/// How a result that comes later is looked for. Without a URL the first answer is the result.
struct CustomPolling {
  std::string url;          ///< With `{id}`, which `id_pointer` finds in the first answer; or
  std::string url_pointer;  ///< where the first answer has the URL, on the vendor's own origin.
  std::string id_pointer;
  std::chrono::milliseconds interval{2'000};
};

/// What an answer says of the job by a text, number or boolean at `pointer`; an empty pointer:
/// every answer is final.
struct CustomState {
  std::string pointer;
  std::vector<std::string> done;
  std::vector<std::string> failed;
  std::vector<std::string> pending;
};

/// A vendor by configuration (`CUSTOM_*`). Templates may hold `{key}`, and where a content goes
/// `{text}`, `{base64}`, `{media_type}` and `{sha256}`; the values are escaped for where they
/// stand. Whoever makes one has checked that the templates fit together: `config` does.
struct CustomOptions {
  VendorEndpoint endpoint;  ///< `base_url` is the whole URL; the price is that of a unit.
  CostUnit cost_unit = CostUnit::kCall;
  std::string units_pointer;  ///< Where the answer says how many units it cost; empty: nowhere.
  std::string method = "POST";
  Secret api_key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<MediaKind> kinds;
  /// Files go into this part of a form; empty: into `body` where that has `{base64}`, else alone.
  std::string file_field;
  /// Further parts of the form, before the file.
  std::vector<std::pair<std::string, std::string>> form_fields;
  /// A JSON text. Texts go into it, or into a form field, where `{text}` stands.
  std::string body;
  CustomNumber score;
  bool score_is_human = false;  ///< High means human.
  CustomNumber confidence;
  CustomState state;
  CustomPolling polling;
  /// Statuses that certainly cost nothing.
  std::vector<int> free_statuses{401, 403, 429};
};

/// The largest file that `{base64}` takes: it stands in memory as a whole.
inline constexpr std::uint64_t kMaxBase64File = 10ULL * 1024 * 1024;

/// Keeps references to `http` and `pauses`, which must outlive it.
std::shared_ptr<Detector> MakeCustom(CustomOptions options, net::HttpClient& http,
                                     InterruptibleTimer& pauses);

}  // namespace vcache::detection
