// What a simulated network has done so far, so that a simulation can say which faults it met.
#pragma once

#include <cstdint>

namespace varve {

struct SimNetworkCounts {
  std::uint64_t connections = 0;
  std::uint64_t connects_refused = 0;
  std::uint64_t connects_held = 0;          // found the way blocked or the machine off, and waited
  std::uint64_t connections_cut = 0;        // broken by a cut
  std::uint64_t connections_half_open = 0;  // one of their machines lost power
  std::uint64_t connections_reset = 0;      // one end wrote to a machine that had started anew
  std::uint64_t connections_killed = 0;     // ended by the death of a process
  std::uint64_t accepts_held = 0;           // accepted by nobody for a while, though connected
  std::uint64_t blocks_met = 0;             // blocks of one direction that held back something
  std::uint64_t one_way_blocks_met = 0;     // of these: the other direction was open
  std::uint64_t sends_held = 0;
  std::uint64_t late_deliveries = 0;  // of what was held
  std::uint64_t broken_by_healing = 0;
  std::uint64_t overtaken = 0;  // arrived after something that was sent on a younger connection between the same hosts
  std::uint64_t writes_waited = 0;
  std::uint64_t sends_split = 0;
  std::uint64_t partial_reads = 0;  // returned while more was under way
};

}  // namespace varve
