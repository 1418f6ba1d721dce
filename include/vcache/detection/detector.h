#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/content/container/media_type.h"
#include "vcache/content/spool.h"
#include "vcache/core/deadline.h"
#include "vcache/core/enum_table.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/credential_check.h"
#include "vcache/detection/vendor_health.h"

namespace vcache::detection {

class CallProgress;

enum class MediaKind { kImage, kVideo, kText };
inline constexpr std::array kMediaKinds{MediaKind::kImage, MediaKind::kVideo, MediaKind::kText};
constexpr std::string_view MediaKindName(MediaKind kind) noexcept {
  return EnumNames<MediaKind, kMediaKinds.size()>{{"image", "video", "text"}}.Of(kind);
}

/// A content to analyse. It holds views: everything must live until the call returns.
struct DetectionTask {
  MediaKind kind = MediaKind::kImage;
  /// Image or video: its type and bytes. Each detector opens its own reader.
  std::optional<content::MediaType> media_type;
  const content::Spool* file = nullptr;
  /// Text: in canonical form.
  std::string_view text;
  std::size_t characters = 0;
  /// Hexadecimal digest, for vendors that take the caller's id.
  std::string_view digest_hex;
  /// Video: the longest length that its container states; empty when none, or before inspection.
  std::optional<std::chrono::milliseconds> video_length = std::nullopt;
  /// Video: `video_length` is only a claim; the price must assume the longest accepted video.
  bool video_may_be_longer = false;
  /// Image: the number of pictures by its container; above 1 for animations and image sequences.
  std::uint32_t pictures = 1;
  /// Vendors that are not asked, because they failed a moment ago.
  std::vector<std::string> held_vendors{};
  /// W3C `traceparent` of the request that pays; empty: none.
  std::string_view trace_parent{};
  /// A partial verdict of this content, or null: the vendors that answered are not asked again.
  const Verdict* earlier = nullptr;
  /// Hears how far the calls are, or null.
  CallProgress* progress = nullptr;
};

/// One vendor's final answer.
struct Detection {
  SourceVerdict source;  ///< `score` is always set and within 0 to 100.
  std::optional<std::int64_t> frames_analyzed;
  std::vector<std::pair<std::string, double>> generators;
  std::vector<std::string> indicators;
  /// A JSON object with the vendor's other facts, without content.
  std::string details = "{}";
  /// The charge of the call.
  Usd cost{};
  /// From the sandbox: the verdict is marked so everywhere, and never mixed with real ones.
  bool demo = false;
};

/// One vendor's API: only its protocol, no cache, retry or limit. Thread-safe and concurrent.
class Detector {
 public:
  virtual ~Detector() = default;

  /// The name in configuration and answers, for example `sightengine`.
  virtual std::string_view provider() const noexcept = 0;
  virtual bool Accepts(MediaKind kind) const noexcept = 0;
  /// Why this vendor cannot judge a content of an accepted kind, in one sentence: too short, too
  /// large, an unsupported type. Asks no vendor. Empty: the vendor may be asked.
  virtual std::string_view RefusalOf(const DetectionTask&) const noexcept { return {}; }
  /// Vendor, endpoint version, model and options that change the answer, for `cache.detectors`.
  virtual std::string Fingerprint(MediaKind kind) const = 0;
  /// The highest charge of a call for this task. The budget reserves it before the call, and counts
  /// it for an unknown charge. `Detection::cost` is the actual charge.
  virtual Usd Price(const DetectionTask& task) const noexcept = 0;
  /// Whether calls get through now. Asks no vendor; cheap enough for a probe each second.
  virtual VendorHealth health() const { return {}; }

  /// Blocks until the vendor answers, at most until its time-out or `deadline`. Success is a final
  /// answer with a score. All else is an error whose `charge` states the possible cost:
  /// kVendorInvalidAnswer, kVendorRefused, kVendorUnavailable, kVendorTimeout, kIo.
  virtual Result<Detection> Detect(const DetectionTask& task, Deadline deadline) = 0;

  /// Whether the vendor knows the credentials, by a request that it never charges for. Blocks for
  /// 10 s at most, or until `deadline`. Bypasses budget, limits, retries and breaker.
  virtual CredentialCheck CheckCredentials(Deadline) { return {}; }
};

}  // namespace vcache::detection
