// The way from one host to another: its link, what is wrong with it, and what of it the trace and the counts are told.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/sim/sim_link.h"
#include "base/sim/sim_network_counts.h"
#include "base/sim/sim_random.h"
#include "base/sim/sim_trace.h"

namespace varve {

// What all routes of a network share.
struct SimNetworkGround {
  Clock& clock;
  SimTrace& trace;
  SimRandom random;
  SimLink link;  // of routes that have none of their own
  SimNetworkCounts counts;
};

class SimRoute {
 public:
  SimRoute(SimNetworkGround& ground, const std::string& from, const std::string& to);
  void set_reverse(const SimRoute& reverse) { reverse_ = &reverse; }

  const std::string& from() const { return from_; }
  const std::string& to() const { return to_; }
  Clock& clock() { return ground_.clock; }
  SimNetworkCounts& counts() { return ground_.counts; }

  // --- The link ---
  void set_link(SimLink link) { link_ = link; }
  // A host's way to itself takes no time.
  std::chrono::nanoseconds draw_delay();
  // When so many bytes arrive that are sent now.
  std::chrono::nanoseconds draw_arrival(std::uint64_t bytes);
  // How much of what is sent as one arrives as one.
  std::size_t draw_piece(std::size_t bytes);
  std::uint64_t window_bytes() const { return link().window_bytes; }

  // --- Faults ---
  void set_cut(bool cut) { cut_ = cut; }
  bool is_cut() const { return cut_; }
  void set_blocked(bool blocked);
  bool is_blocked() const { return blocked_; }
  // Something was held back; counts a block once.
  void meet_block();

  // --- What happens ---
  void sent(std::uint64_t connection, std::uint64_t bytes) { trace("send", connection, bytes); }
  void held(std::uint64_t connection);
  void delivered(std::uint64_t connection, std::uint64_t bytes, bool late);
  void trace(std::string_view what, std::uint64_t a = 0, std::uint64_t b = 0);

 private:
  const SimLink& link() const { return link_ ? *link_ : ground_.link; }

  SimNetworkGround& ground_;
  std::string from_;
  std::string to_;
  const SimRoute* reverse_ = nullptr;
  std::optional<SimLink> link_;
  std::chrono::nanoseconds free_at_{0};  // what is sent before then waits for what was sent earlier
  bool cut_ = false;
  bool blocked_ = false;
  bool block_met_ = false;
  std::uint64_t youngest_delivered_ = 0;  // connection
};

}  // namespace varve
