#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/secret.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/detection/vendor_endpoint.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

struct AiOrNotOptions {
  VendorEndpoint endpoint;  ///< Price of one analysis, whatever its kind.
  Secret api_key;
};

struct GptZeroOptions {
  VendorEndpoint endpoint;  ///< Price of 1,000 words, charged in parts.
  Secret api_key;
};

struct HiveOptions {
  VendorEndpoint endpoint;  ///< Price of an image or a video.
  Secret api_key;
};

struct PangramOptions {
  VendorEndpoint endpoint;  ///< Price of each started 1,000 words; the time-out includes the wait.
  Secret api_key;
  /// Between two looks at a result; the vendor's own client takes half a second.
  std::chrono::milliseconds poll_interval{500};
};

struct SightengineOptions {
  VendorEndpoint endpoint;  ///< Price of an image; a video costs it once for each frame analysed.
  std::string api_user;
  Secret api_secret;
  /// Between two looks at a long video; the vendor limits how often.
  std::chrono::milliseconds interval{3'000};
  /// How many of the vendor's operations the price is for: it bills those, and says how many. 0:
  /// what it says does not count.
  std::int64_t operations_per_image = 5;
};

struct SaplingOptions {
  VendorEndpoint endpoint;  ///< Price of each started 1,000 characters.
  Secret api_key;
};

struct OpenAiOptions {
  VendorEndpoint endpoint;  ///< Price of each started 5,000 characters.
  Secret api_key;
  std::string model;
};

struct CopyleaksOptions {
  VendorEndpoint endpoint;  ///< Price of a credit: 250 words, each started.
  std::string login_url;    ///< The base of the login, which is another host's.
  std::string email;
  Secret api_key;
};

struct RealityDefenderOptions {
  VendorEndpoint endpoint;  ///< Price of a file. The time limit covers upload and waiting.
  Secret api_key;
  /// Between two looks at a result; the vendor's own client takes five seconds.
  std::chrono::milliseconds interval{5'000};
};

/// Each keeps references to `http` and, where it waits for a result or reads a date, to `pauses` or
/// `clock`; they must outlive it.
std::shared_ptr<Detector> MakeAiOrNot(AiOrNotOptions options, net::HttpClient& http);
std::shared_ptr<Detector> MakeCopyleaks(CopyleaksOptions options, net::HttpClient& http,
                                        Clock& clock);
std::shared_ptr<Detector> MakeGptZero(GptZeroOptions options, net::HttpClient& http);
std::shared_ptr<Detector> MakeHive(HiveOptions options, net::HttpClient& http);
std::shared_ptr<Detector> MakePangram(PangramOptions options, net::HttpClient& http,
                                      InterruptibleTimer& pauses);
std::shared_ptr<Detector> MakeRealityDefender(RealityDefenderOptions options, net::HttpClient& http,
                                              InterruptibleTimer& pauses);
std::shared_ptr<Detector> MakeSightengine(SightengineOptions options, net::HttpClient& http,
                                          InterruptibleTimer& pauses);
std::shared_ptr<Detector> MakeSapling(SaplingOptions options, net::HttpClient& http);
std::shared_ptr<Detector> MakeOpenAi(OpenAiOptions options, net::HttpClient& http);

}  // namespace vcache::detection
