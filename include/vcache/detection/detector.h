#pragma once

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
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/credential_check.h"
#include "vcache/detection/vendor_health.h"

namespace vcache::detection {

enum class MediaKind { kImage, kVideo, kText };
std::string_view MediaKindName(MediaKind kind) noexcept;  ///< `image`, `video`, `text`

/// What is to be judged. Views: everything must live until the call returns.
struct DetectionTask {
  MediaKind kind = MediaKind::kImage;
  /// Image or video: the type and the bytes. Each detector reads through a reader of its own.
  std::optional<content::MediaType> media_type;
  const content::Spool* file = nullptr;
  /// Text: in canonical form.
  std::string_view text;
  std::size_t characters = 0;
  /// Hexadecimal digest, for vendors that take an id from the caller.
  std::string_view digest_hex;
  /// Video: the longest that any part of its container says; empty where none does, or nobody has
  /// looked yet.
  std::optional<std::chrono::milliseconds> video_length = std::nullopt;
  /// Video: `video_length` is a claim. Nothing in the file proves that it ends there, so a price
  /// must reckon with the longest video that the vendor takes.
  bool video_may_be_longer = false;
  /// Image: how many pictures it shows one after another; more than one in an animation or an image
  /// sequence. As its container counts them.
  std::uint32_t pictures = 1;
};

/// One vendor's finished answer.
struct Detection {
  SourceVerdict source;  ///< `score` is always set and within 0 to 100.
  std::optional<std::int64_t> frames_analyzed;
  std::vector<std::pair<std::string, double>> generators;
  std::vector<std::string> indicators;
  /// A JSON object: what else the vendor told, without content.
  std::string details = "{}";
  /// What the call cost, in millionths of a US dollar.
  std::int64_t cost_micros = 0;
  /// From a stand-in: the verdict is marked so wherever it is shown, and never mixed with real
  /// ones.
  bool demo = false;
};

/// One vendor's API. Knows its protocol and nothing else: no cache, no retry, no limit.
/// Thread-safe: calls may run side by side.
class Detector {
 public:
  virtual ~Detector() = default;

  /// The name in configuration and answers: `sightengine`.
  virtual std::string_view provider() const noexcept = 0;
  virtual bool Accepts(MediaKind kind) const noexcept = 0;
  /// Why this vendor cannot judge a content of a kind that it accepts, in one sentence, known
  /// without asking it: too short, too large, a type that it does not take. Empty: it is worth
  /// asking.
  virtual std::string_view RefusalOf(const DetectionTask&) const noexcept { return {}; }
  /// Vendor, endpoint version, model and options that change the answer, for `cache.detectors`.
  virtual std::string Fingerprint(MediaKind kind) const = 0;
  /// The most that a call for this task can cost: set aside before it, and counted for a call of
  /// unknown charge. What a call did cost is `Detection::cost_micros`.
  virtual std::int64_t PriceMicros(const DetectionTask& task) const noexcept = 0;
  /// Whether calls go through at present. Asks nobody; fit for a probe that comes each second.
  virtual VendorHealth health() const { return {}; }

  /// Blocks until the vendor answered, its own time-out or `deadline` at most. A verdict is a
  /// finished answer with a score; all else is an error that says by `charge` what it may have
  /// cost: kVendorInvalidAnswer, kVendorRefused, kVendorUnavailable, kVendorTimeout, kIo.
  virtual Result<Detection> Detect(const DetectionTask& task, Deadline deadline) = 0;

  /// Whether the vendor knows our credentials, by a question that it never charges for. Blocks
  /// until it answered, 10 s or `deadline` at most. It is no call: no budget, turn, retry or
  /// breaker has to do with it. Who knows of no free question leaves this as it is.
  virtual CredentialCheck CheckCredentials(Deadline) { return {}; }
};

}  // namespace vcache::detection
