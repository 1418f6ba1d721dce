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

/// A number's place in an answer (JSON pointer, RFC 6901; empty: no number) and scale, 0 to `max`.
struct CustomNumber {
  std::string pointer;
  double max = 1;
};

/// How to poll for a late result. Without a URL the first answer is the result.
struct CustomPolling {
  std::string url;          ///< With `{id}`, found by `id_pointer` in the first answer; or
  std::string url_pointer;  ///< where the first answer has the URL, on the same origin.
  std::string id_pointer;
  std::chrono::milliseconds interval{2'000};
};

/// The job's state in an answer: a text, number or boolean at `pointer`; empty: every answer is
/// final.
struct CustomState {
  std::string pointer;
  std::vector<std::string> done;
  std::vector<std::string> failed;
  std::vector<std::string> pending;
};

/// A vendor by configuration (`CUSTOM_*`). Templates may hold `{key}` and, for contents, `{text}`,
/// `{base64}`, `{media_type}` and `{sha256}`; values are escaped for their place. The caller must
/// check that the templates fit together; `config` does.
struct CustomOptions {
  VendorEndpoint endpoint;  ///< `base_url` is the whole URL; the price is per unit.
  CostUnit cost_unit = CostUnit::kCall;
  std::string units_pointer;  ///< Where the answer states its units; empty: nowhere.
  std::string method = "POST";
  Secret api_key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<MediaKind> kinds;
  /// The form part for files. Empty: `body` if it has `{base64}`, otherwise the body is the file.
  std::string file_field;
  std::vector<std::pair<std::string, std::string>> form_fields;
  /// A JSON text. A text goes where `{text}` stands: here or in a form field.
  std::string body;
  CustomNumber score;
  bool score_is_human = false;  ///< High means human.
  CustomNumber confidence;
  CustomState state;
  CustomPolling polling;
  /// Statuses that are certainly free.
  std::vector<int> free_statuses{401, 403, 429};
};

/// The largest file for `{base64}`: the whole of it is held in memory.
inline constexpr std::uint64_t kMaxBase64File = 10ULL * 1024 * 1024;

std::shared_ptr<Detector> MakeCustom(CustomOptions options, net::HttpClient& http,
                                     InterruptibleTimer& pauses);

}  // namespace vcache::detection
