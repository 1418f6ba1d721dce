#pragma once

#include <curl/curl.h>

#include <memory>
#include <utility>
#include <vector>

#include "vcache/core/free_with.h"
#include "vcache/core/mutex.h"

namespace vcache::net {

using CurlEasy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using CurlMime = std::unique_ptr<curl_mime, FreeWith<curl_mime_free>>;
using CurlList = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;
using CurlUrl = std::unique_ptr<CURLU, FreeWith<curl_url_cleanup>>;

/// Idle handles. A handle keeps its TLS sessions, CA certificates, name look-ups and reusable
/// connections between calls. Thread-safe; a borrowed handle belongs to one thread until it is
/// returned (rule C3).
class CurlEasyPool {
 public:
  /// Reserves room for every idle handle, so that `Return` cannot fail.
  CurlEasyPool() { idle_.reserve(kMaxIdle); }

  class Loan {
   public:
    Loan(CurlEasyPool& pool, CurlEasy easy) : pool_(pool), easy_(std::move(easy)) {}
    ~Loan() {
      if (easy_) pool_.Return(std::move(easy_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    /// Null when memory is short.
    CURL* get() const noexcept { return easy_.get(); }

   private:
    CurlEasyPool& pool_;
    CurlEasy easy_;
  };

  /// The handle has no option of an earlier call.
  Loan Borrow() {
    CurlEasy easy;
    {
      const MutexLock lock(mutex_);
      if (!idle_.empty()) {
        easy = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!easy) easy.reset(curl_easy_init());
    return Loan(*this, std::move(easy));
  }

 private:
  void Return(CurlEasy easy) noexcept {
    // Reset now, so that the idle handle refers to no key or body of this call.
    curl_easy_reset(easy.get());
    const MutexLock lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(easy));
  }

  static constexpr std::size_t kMaxIdle = 64;
  Mutex mutex_;
  std::vector<CurlEasy> idle_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::net
