#include "vcache/sandbox/sandbox.h"

#include <utility>

#include "sandbox/call_ledger.h"
#include "sandbox/job_board.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {

struct Sandbox::State {
  State(Clock& the_clock, Behaviour behaviour) : clock(the_clock), ledger(std::move(behaviour)) {}
  Clock& clock;
  CallLedger ledger;
  JobBoard jobs;
};

Sandbox::Sandbox(Clock& clock, Behaviour behaviour)
    : state_(std::make_unique<State>(clock, std::move(behaviour))) {}

Sandbox::~Sandbox() = default;

http::Router Sandbox::MakeRouter() {
  http::Router router;
  const Parts parts{state_->ledger, state_->jobs, state_->clock};
#define VCACHE_ADD(name) Add##name(router, parts);
  VCACHE_BUILT_IN_VENDORS(VCACHE_ADD)
#undef VCACHE_ADD
  AddCustom(router, parts);
  AddControl(router, state_->ledger);
  return router;
}

void Sandbox::Behave(Behaviour behaviour) {
  state_->ledger.Behave(std::move(behaviour));
}

void Sandbox::Reset() {
  state_->ledger.Reset();
}

CallCount Sandbox::calls() const {
  return state_->ledger.Total();
}

CallCount Sandbox::calls(std::string_view vendor) const {
  const auto counts = state_->ledger.ByVendor();
  const auto found = counts.find(vendor);
  return found == counts.end() ? CallCount{} : found->second;
}

std::uint64_t Sandbox::max_concurrent() const {
  return state_->ledger.MaxConcurrent();
}

}  // namespace vcache::sandbox
