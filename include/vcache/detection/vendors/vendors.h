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
  VendorEndpoint endpoint;  ///< Price of one analysis of any kind.
  Secret api_key;
};

struct GptZeroOptions {
  VendorEndpoint endpoint;  ///< Price of 1,000 words, pro rata.
  Secret api_key;
};

struct HiveOptions {
  VendorEndpoint endpoint;  ///< Price of an image or a video.
  Secret api_key;
};

struct PangramOptions {
  VendorEndpoint endpoint;  ///< Price of each started 1,000 words. The time-out includes polling.
  Secret api_key;
  /// Between two polls; the vendor's own client takes half a second.
  std::chrono::milliseconds poll_interval{500};
};

struct SightengineOptions {
  VendorEndpoint endpoint;  ///< Price of an image and of each analysed video frame.
  std::string api_user;
  Secret api_secret;
  /// Between two polls of a long video; the vendor limits their rate.
  std::chrono::milliseconds interval{3'000};
  /// The vendor operations that the price covers, which the vendor bills and reports; 0: ignore
  /// reports.
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
  VendorEndpoint endpoint;  ///< Price of a credit: each started 250 words.
  std::string login_url;    ///< The base of the login, on another host.
  std::string email;
  Secret api_key;
};

struct RealityDefenderOptions {
  VendorEndpoint endpoint;  ///< Price of a file. The time limit covers upload and polling.
  Secret api_key;
  /// Between two polls; the vendor's own client takes five seconds.
  std::chrono::milliseconds interval{5'000};
};

/// Each keeps references to `http`, and to `pauses` or `clock`; they must outlive it.
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
