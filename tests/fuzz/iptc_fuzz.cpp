// IPTC records, and what it costs to read them.

#include <algorithm>
#include <string>

#include "content/provenance/packet_parsers.h"
#include "fuzz/fuzz_target.h"
#include "support/cost_meter.h"

using namespace vcache;
using vcache::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string packet(vcache::fuzz::Text(data, size));
  content::IptcFacts facts;
  const test::Cost cost = test::CostOf([&] { facts = content::ParseIptc(packet); });
  Require(cost.bytes <= test::MostPacketMemory(size), "memory follows from the packet's size");
  Require(cost.time <= test::kMostPacketTime, "time is bounded");
  for (const std::string* fact : {&facts.program, &facts.credit}) {
    Require(fact->size() <= std::min(size, content::kMaxValueBytes), "values are of the packet");
  }
  Require(size <= content::kMaxPacketBytes || facts.credit.empty(), "large packets say nothing");
  return 0;
}
