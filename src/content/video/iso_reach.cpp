// MP4 and QuickTime: ISO/IEC 14496-12, boxes `mvhd` (8.2.2), `tkhd` (8.3.2), `mdhd` (8.4.2), `stts`
// and `ctts` (8.6.1), `elst` (8.6.6), `stsz` and `stz2` (8.7.3).

#include "content/video/iso_reach.h"

#include <algorithm>
#include <limits>

#include "content/container/iso_boxes.h"
#include "content/octets.h"
#include "vcache/content/video/video_length.h"

namespace vcache::content {
namespace {

using std::chrono::milliseconds;

/// Per table. A phone that writes a length for each sample needs 200 KiB for half an hour.
constexpr std::uint64_t kMaxTableBytes = 512 * 1024;

std::uint64_t AddCapped(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

/// The entries of a full box after their number at `count_at`. Empty when cut, too large or
/// unreadable.
std::optional<std::string> ReadTable(const IsoBox& box, std::size_t count_at,
                                     std::size_t entry_bytes) {
  if (box.cut) return std::nullopt;
  const auto count = box.payload.Read(count_at, 4);
  if (!count) return std::nullopt;
  const std::uint64_t bytes = BigEndian(*count, 0, 4) * entry_bytes;
  if (bytes > kMaxTableBytes) return std::nullopt;
  return box.payload.Read(count_at + 4, static_cast<std::size_t>(bytes));
}

/// Ticks a second of a movie or a track, and the length in its header.
struct Header {
  std::uint64_t per_second = 0;
  std::uint64_t ticks = 0;
};

/// A length of 4 or 8 bytes; all ones mean "unknown".
std::optional<std::uint64_t> TicksIn(const std::string& box, std::size_t at, bool wide) {
  const std::size_t bytes = wide ? 8 : 4;
  if (box.size() < at + bytes) return std::nullopt;
  const std::uint64_t ticks = BigEndian(box, at, bytes);
  return ticks == (wide ? UINT64_MAX : UINT32_MAX) ? 0 : ticks;
}

/// `mvhd` and `mdhd` begin alike.
std::optional<Header> ReadHeader(const IsoBox& box) {
  const auto bytes = box.payload.ReadUpTo(0, 32);
  if (!bytes || bytes->empty()) return std::nullopt;
  const bool wide = Octet(*bytes, 0) == 1;
  const std::size_t scale_at = wide ? 20 : 12;
  const auto ticks = TicksIn(*bytes, scale_at + 4, wide);
  if (!ticks) return std::nullopt;
  return Header{BigEndian(*bytes, scale_at, 4), *ticks};
}

struct Samples {
  std::uint64_t ticks = 0;         ///< Total of the samples in `stts`.
  std::uint64_t counted = 0;       ///< Number of the samples in `stts`.
  std::uint64_t longest_tick = 0;  ///< The longest sample.
  std::uint64_t stored = 0;        ///< Number of samples by `stsz`.
  std::uint64_t latest = 0;        ///< The longest display delay of a sample.
  int times = 0;
  int sizes = 0;

  /// Players repeat the last length when there are more samples than lengths.
  std::uint64_t All() const {
    if (stored <= counted) return AddCapped(ticks, latest);
    const std::uint64_t rest = stored - counted;  // both have 32 bits
    return AddCapped(AddCapped(ticks, rest * longest_tick), latest);
  }
};

bool ReadTimes(const IsoBox& box, Samples& samples) {
  const auto table = ReadTable(box, 4, 8);
  if (!table) return false;
  ++samples.times;
  for (std::size_t at = 0; at < table->size(); at += 8) {
    const std::uint64_t count = BigEndian(*table, at, 4);
    const std::uint64_t each = BigEndian(*table, at + 4, 4);
    samples.counted = AddCapped(samples.counted, count);
    samples.ticks = AddCapped(samples.ticks, count * each);
    samples.longest_tick = std::max(samples.longest_tick, each);
  }
  return true;
}

bool ReadOffsets(const IsoBox& box, Samples& samples) {
  const auto table = ReadTable(box, 4, 8);
  if (!table) return false;
  for (std::size_t at = 0; at < table->size(); at += 8) {
    const std::uint64_t offset = BigEndian(*table, at + 4, 4);
    if (offset <= INT32_MAX) samples.latest = std::max(samples.latest, offset);
  }
  return true;
}

bool ReadSampleCount(const IsoBox& box, Samples& samples) {
  const auto count = box.payload.Read(8, 4);
  if (!count) return false;
  ++samples.sizes;
  samples.stored = std::max(samples.stored, BigEndian(*count, 0, 4));
  return true;
}

class IsoReach {
 public:
  /// Notes a length of `ticks`, 1/`per_second` s each.
  void Say(std::uint64_t ticks, std::uint64_t per_second) {
    if (ticks == 0) return;
    if (per_second == 0) {
      Doubt();
      return;
    }
    constexpr std::uint64_t kMost = std::chrono::seconds(kLongestVideo).count();
    const std::uint64_t seconds = ticks / per_second;
    milliseconds said = kLongestVideo;
    if (seconds < kMost) {
      const std::uint64_t rest = (ticks % per_second * 1000 + per_second - 1) / per_second;
      said = milliseconds(static_cast<std::int64_t>(seconds * 1000 + rest));
    }
    reach_.longest = std::max(reach_.longest.value_or(said), said);
  }
  void Doubt() { reach_.counted = false; }

  void AddMovie(const IsoBox& movie) {
    if (movie.cut) Doubt();
    const auto box = Only(movie.payload, "mvhd");
    const auto header = box ? ReadHeader(*box) : std::nullopt;
    if (!header) {
      Doubt();
    } else {
      per_second_ = header->per_second;
      Say(header->ticks, header->per_second);
    }
    int tracks = 0;
    ForEachIn(movie.payload, [&](const IsoBox& inner) {
      if (inner.type == "mvex" || inner.type == "cmov") Doubt();
      if (inner.type != "trak") return;
      ++tracks;
      AddTrack(inner.payload);
    });
    if (tracks == 0) Doubt();
  }

  /// The caller decides whether there is a movie at all.
  VideoReach Done() const { return reach_; }
  void BeginCounting() { reach_.counted = true; }

  template <typename Each>
  void ForEachIn(const FileView& level, Each each) {
    IsoBoxWalk walk(level);
    while (const auto box = walk.Next()) each(*box);
    if (!walk.at_end()) Doubt();
  }

 private:
  void AddTrack(const FileView& track) {
    if (const auto box = Only(track, "tkhd")) {
      const auto bytes = box->payload.ReadUpTo(0, 36);
      const bool wide = bytes && !bytes->empty() && Octet(*bytes, 0) == 1;
      const auto ticks = bytes ? TicksIn(*bytes, wide ? 28 : 20, wide) : std::nullopt;
      if (ticks) Say(*ticks, per_second_);
    }
    std::uint64_t delay = 0;
    if (const auto edits = Only(track, "edts")) {
      if (const auto list = Only(edits->payload, "elst")) delay = AddEdits(*list);
    }
    const auto media = Only(track, "mdia");
    if (!media) return Doubt();
    AddMedia(media->payload, delay);
  }

  /// The one box of that type. Players differ in which of several they take.
  std::optional<IsoBox> Only(const FileView& level, std::string_view type) {
    std::optional<IsoBox> only;
    ForEachIn(level, [&](const IsoBox& box) {
      if (box.type != type) return;
      if (only) Doubt();
      if (!only) only = box;
    });
    return only;
  }

  /// The delay before the media begin, by an edit list, in the movie's ticks.
  std::uint64_t AddEdits(const IsoBox& list) {
    const auto version = list.payload.Read(0, 1);
    const bool wide = version && Octet(*version, 0) == 1;
    const std::size_t number = wide ? 8 : 4;
    const auto table = ReadTable(list, 4, 2 * number + 4);
    if (!table) {
      Doubt();
      return 0;
    }
    std::uint64_t all = 0;
    std::uint64_t empty = 0;
    for (std::size_t at = 0; at < table->size(); at += 2 * number + 4) {
      const std::uint64_t ticks = BigEndian(*table, at, number);
      const std::uint64_t from = BigEndian(*table, at + number, number);
      all = AddCapped(all, ticks);
      if (from == (wide ? UINT64_MAX : UINT32_MAX)) empty = AddCapped(empty, ticks);
    }
    Say(all, per_second_);
    return empty;
  }

  void AddMedia(const FileView& media, std::uint64_t delay) {
    const auto box = Only(media, "mdhd");
    const auto header = box ? ReadHeader(*box) : std::nullopt;
    if (!header || header->per_second == 0) return Doubt();
    Say(header->ticks, header->per_second);
    Samples samples;
    ForEachIn(media, [&](const IsoBox& inner) {
      if (inner.type != "minf") return;
      ForEachIn(inner.payload, [&](const IsoBox& deeper) {
        if (deeper.type == "stbl") AddSamples(deeper.payload, samples);
      });
    });
    if (samples.times != 1 || samples.sizes != 1) Doubt();
    // In seconds, rounded up, because the two clocks may differ.
    const std::uint64_t before = per_second_ == 0 ? 0 : delay / per_second_ + (delay > 0 ? 1 : 0);
    const std::uint64_t longest = std::chrono::seconds(kLongestVideo).count();
    if (before > longest) return Say(before, 1);
    Say(AddCapped(samples.All(), before * header->per_second), header->per_second);
  }

  void AddSamples(const FileView& tables, Samples& samples) {
    ForEachIn(tables, [&](const IsoBox& box) {
      bool read = true;
      if (box.type == "stts") read = ReadTimes(box, samples);
      if (box.type == "ctts") read = ReadOffsets(box, samples);
      if (box.type == "stsz" || box.type == "stz2") read = ReadSampleCount(box, samples);
      if (!read) Doubt();
    });
  }

  VideoReach reach_;
  std::uint64_t per_second_ = 0;
};

}  // namespace

VideoReach ReadIsoReach(const FileView& file) {
  IsoReach reach;
  reach.BeginCounting();
  int movies = 0;
  reach.ForEachIn(file, [&](const IsoBox& box) {
    if (box.type == "moof") reach.Doubt();
    if (box.type != "moov") return;
    ++movies;
    reach.AddMovie(box);
  });
  if (movies != 1) reach.Doubt();  // players differ in which one they take
  return reach.Done();
}

}  // namespace vcache::content
