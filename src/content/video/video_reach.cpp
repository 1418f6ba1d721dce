// MP4 and QuickTime: ISO/IEC 14496-12, boxes `mvhd` (8.2.2), `tkhd` (8.3.2), `mdhd` (8.4.2), `stts`
// and `ctts` (8.6.1), `elst` (8.6.6), `stsz` and `stz2` (8.7.3).

#include "vcache/content/video/video_reach.h"

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
  const auto count = box.cut ? std::nullopt : box.payload.Number(count_at, 4);
  if (!count) return std::nullopt;
  const std::uint64_t bytes = *count * entry_bytes;
  if (bytes > kMaxTableBytes) return std::nullopt;
  return box.payload.Read(count_at + 4, static_cast<std::size_t>(bytes));
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
  const auto count = box.payload.Number(8, 4);
  if (!count) return false;
  ++samples.sizes;
  samples.stored = std::max(samples.stored, *count);
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
    if (const auto times = OnlyTimes(movie.payload, "mvhd")) {
      per_second_ = times->per_second;
      Say(*times->ticks, per_second_);
    } else {
      Doubt();
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
      const auto ticks = bytes ? IsoTicks(*bytes, wide ? 28 : 20, wide) : std::nullopt;
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

  /// The times in the one box of that type, with a length that is not cut off.
  std::optional<IsoTimes> OnlyTimes(const FileView& level, std::string_view type) {
    const auto box = Only(level, type);
    const auto times = box ? ReadIsoTimes(box->payload) : std::nullopt;
    return times && times->ticks ? times : std::nullopt;
  }

  /// The delay before the media begin, by an edit list, in the movie's ticks.
  std::uint64_t AddEdits(const IsoBox& list) {
    const bool wide = list.payload.Number(0, 1) == 1;
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
    const auto times = OnlyTimes(media, "mdhd");
    if (!times || times->per_second == 0) return Doubt();
    Say(*times->ticks, times->per_second);
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
    Say(AddCapped(samples.All(), before * times->per_second), times->per_second);
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

  VideoReach reach_{.counted = true};
  std::uint64_t per_second_ = 0;
};

VideoReach ReadIsoReach(const FileView& file) {
  IsoReach reach;
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

}  // namespace

VideoReach ReadVideoReach(const Spool& file, MediaType type) {
  VideoReach reach;
  if (type == MediaType::kMp4 || type == MediaType::kMov) {
    ReadBudget budget;
    reach = ReadIsoReach(FileView(file, budget));
  }
  const auto info = ReadVideoInfo(file, type);
  if (info && info->length) {
    reach.longest = std::max(reach.longest.value_or(*info->length), *info->length);
  }
  return reach;
}

}  // namespace vcache::content
