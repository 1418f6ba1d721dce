#include "vcache/app/credential_checks.h"

#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace vcache::app {
namespace {

detection::CredentialCheck CheckOne(detection::Detector& vendor, Deadline deadline) noexcept {
  try {
    return vendor.CheckCredentials(deadline);
  } catch (const std::exception&) {  // the outermost function of its thread
    return {detection::CredentialState::kUnknown};
  }
}

}  // namespace

std::vector<VendorCredentials> CheckCredentials(
    const std::vector<std::shared_ptr<detection::Detector>>& vendors, Deadline deadline) {
  std::vector<VendorCredentials> all(vendors.size());
  std::vector<std::thread> threads;
  threads.reserve(vendors.size());
  for (std::size_t at = 0; at < vendors.size(); ++at) {
    all[at].vendor = std::string(vendors[at]->provider());
    const auto check = [&all, &vendors, deadline, at] {
      all[at].check = CheckOne(*vendors[at], deadline);
    };
    try {
      threads.emplace_back(check);
    } catch (const std::system_error&) {
      check();  // without a thread: later is better than never
    }
  }
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace vcache::app
