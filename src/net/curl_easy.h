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

/// Handles that are not in use. A handle keeps its TLS sessions, its read CA certificates and its
/// name look-ups from call to call (and its connection where those are reused), which is why it is
/// kept.
/// Thread-safe; a borrowed handle belongs to one thread until it is given back (rule C3).
class CurlEasyPool {
 public:
  /// Room for every idle handle at once, so that giving one back cannot fail.
  CurlEasyPool() { idle_.reserve(kMaxIdle); }

  class Loan {
   public:
    Loan(CurlEasyPool& pool, CurlEasy easy) : pool_(pool), easy_(std::move(easy)) {}
    ~Loan() {
      if (easy_) pool_.Return(std::move(easy_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    /// Null when the system has no memory for a handle.
    CURL* get() const noexcept { return easy_.get(); }

   private:
    CurlEasyPool& pool_;
    CurlEasy easy_;
  };

  /// A handle without any option of the last call (rule C9).
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
    // Reset now, not at the next loan: nothing of this call's keys or bodies stays referenced.
    curl_easy_reset(easy.get());
    const MutexLock lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(easy));
  }

  static constexpr std::size_t kMaxIdle = 64;
  Mutex mutex_;
  std::vector<CurlEasy> idle_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::net
