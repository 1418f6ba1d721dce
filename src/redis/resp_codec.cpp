#include "redis/resp_codec.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace vcache::redis {

/// The reply under construction. hiredis calls back for each piece, which goes directly to its
/// place: no second tree is built.
struct RespDecoder::Build {
  ReplyLimits limits;
  std::size_t used_bytes = 0;  ///< Bytes of its pieces so far.
  bool over_limit = false;
  bool is_misframed = false;
};

namespace {

/// The longest status, error or integer line; bulk strings may be longer.
constexpr std::size_t kMaxLineBytes = 64 * 1024;

using Build = RespDecoder::Build;

Build& BuildOf(const redisReadTask* task) {
  return *static_cast<Build*>(task->privdata);
}

/// Where the piece goes: an array's element exists already; a root is created, and the reader owns
/// it until it hands it out.
RespReply* Place(const redisReadTask* task) {
  if (task->parent == nullptr) return std::make_unique<RespReply>().release();
  auto* parent = static_cast<RespReply*>(task->parent->obj);
  return &parent->elements[static_cast<std::size_t>(task->idx)];
}

/// Called by C code, so it must not throw. A null pointer makes the reader stop.
template <typename Fill>
void* MakePiece(const redisReadTask* task, std::size_t bytes, Fill fill) noexcept {
  Build& build = BuildOf(task);
  if (bytes > build.limits.max_bytes || build.used_bytes > build.limits.max_bytes - bytes) {
    build.over_limit = true;
    return nullptr;
  }
  build.used_bytes += bytes;
  try {
    RespReply* piece = Place(task);
    std::unique_ptr<RespReply> root(task->parent == nullptr ? piece : nullptr);
    fill(*piece);
    return root ? root.release() : piece;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

/// Whether a damaged line end made two replies one: all later replies would go to the wrong
/// command. `text` points into the reader's buffer, where the line end follows it (hiredis 0.14,
/// read.c).
bool IsMisframed(int type, const char* text, std::size_t length) {
  if (text[length] != '\r' || text[length + 1] != '\n') return true;
  if (type == REDIS_REPLY_STRING) return false;
  // RESP: a status or an error is one line.
  return std::any_of(text, text + length, [](char c) { return c == '\r' || c == '\n'; });
}

void* CreateString(const redisReadTask* task, char* text, size_t length) {
  if (IsMisframed(task->type, text, length)) {
    BuildOf(task).is_misframed = true;
    return nullptr;
  }
  return MakePiece(task, length, [&](RespReply& piece) {
    piece.type = task->type == REDIS_REPLY_ERROR    ? RespReply::Type::kError
                 : task->type == REDIS_REPLY_STATUS ? RespReply::Type::kStatus
                                                    : RespReply::Type::kString;
    piece.text.assign(text, length);
  });
}

void* CreateArray(const redisReadTask* task, int elements) {
  Build& build = BuildOf(task);
  const auto count = static_cast<std::size_t>(elements < 0 ? 0 : elements);
  // Check before allocating: the number is unverified.
  if (elements < 0 || count > build.limits.max_elements) {
    build.over_limit = true;
    return nullptr;
  }
  return MakePiece(task, count * 4, [&](RespReply& piece) {
    piece.type = RespReply::Type::kArray;
    piece.elements.resize(count);
  });
}

void* CreateInteger(const redisReadTask* task, long long value) {
  return MakePiece(task, 0, [&](RespReply& piece) {
    piece.type = RespReply::Type::kInteger;
    piece.integer = value;
  });
}

void* CreateNil(const redisReadTask* task) {
  return MakePiece(task, 0, [](RespReply& piece) { piece.type = RespReply::Type::kNil; });
}

void FreeObject(void* root) {
  const std::unique_ptr<RespReply> owner(static_cast<RespReply*>(root));
}

redisReplyObjectFunctions& Functions() {
  // hiredis takes a pointer to non-const but never writes to it.
  static redisReplyObjectFunctions functions{CreateString, CreateArray, CreateInteger, CreateNil,
                                             FreeObject};
  return functions;
}

Error Malformed(std::string what) {
  return Error{ErrorCode::kStoreUnavailable, std::move(what)};
}

}  // namespace

std::string EncodeCommand(std::span<const std::string> words) {
  std::vector<const char*> pointers;
  std::vector<size_t> lengths;
  pointers.reserve(words.size());
  lengths.reserve(words.size());
  for (const std::string& word : words) {
    pointers.push_back(word.data());
    lengths.push_back(word.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()),
                                          pointers.data(), lengths.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> owner(formatted, redisFreeCommand);
  return {formatted, static_cast<std::size_t>(size)};
}

RespDecoder::RespDecoder()
    : build_(std::make_unique<Build>()),
      reader_(redisReaderCreateWithFunctions(&Functions()), redisReaderFree) {
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = build_.get();
}

RespDecoder::~RespDecoder() = default;

Result<void> RespDecoder::Feed(std::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return Malformed("no memory for a reply");
  }
  return {};
}

bool RespDecoder::has_rest() const noexcept {
  return reader_->pos < reader_->len || reader_->ridx >= 0;
}

Result<std::optional<RespReply>> RespDecoder::Next(const ReplyLimits& limits) {
  build_->limits = limits;
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    if (build_->over_limit) return Malformed("a reply is larger than anything that was asked for");
    if (build_->is_misframed) return Malformed("a reply does not end where it should");
    return Malformed("it does not answer like a Redis: " + std::string(reader_->errstr));
  }
  if (made == nullptr) {
    if (auto checked = CheckUnfinished(limits); !checked) return std::move(checked).error();
    return std::optional<RespReply>();
  }
  const std::unique_ptr<RespReply> root(static_cast<RespReply*>(made));
  build_->used_bytes = 0;
  return std::optional<RespReply>(std::move(*root));
}

Result<void> RespDecoder::CheckUnfinished(const ReplyLimits& limits) const {
  const std::size_t waiting = reader_->len - reader_->pos;
  // Allows for line ends and lengths between the pieces.
  if (waiting + build_->used_bytes > limits.max_bytes + kMaxLineBytes) {
    return Malformed("a reply is larger than anything that was asked for");
  }
  // An endless line would take quadratic time: the reader rescans it with each feed.
  if (reader_->ridx < 0 || waiting <= kMaxLineBytes) return {};
  const int type = reader_->rstack[reader_->ridx].type;
  if (type == REDIS_REPLY_STRING) return {};
  return Malformed("a reply has a line without an end");
}

}  // namespace vcache::redis
