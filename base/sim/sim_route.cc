#include "base/sim/sim_route.h"

#include <algorithm>

namespace varve {

SimRoute::SimRoute(SimNetworkGround& ground, const std::string& from, const std::string& to) : ground_(ground), from_(from), to_(to) {}

std::chrono::nanoseconds SimRoute::draw_delay() {
  if (from_ == to_) return std::chrono::nanoseconds(0);
  const SimDelay& delay = link().delay;
  auto span = static_cast<std::uint64_t>((delay.longest - delay.shortest).count());
  return delay.shortest + std::chrono::nanoseconds(ground_.random.below(span + 1));
}

std::chrono::nanoseconds SimRoute::draw_arrival(std::uint64_t bytes) {
  std::chrono::nanoseconds leaves = ground_.clock.now();
  if (std::uint64_t rate = link().bytes_per_second; rate != 0) {
    leaves = std::max(leaves, free_at_) + std::chrono::nanoseconds(bytes * 1'000'000'000 / rate);
    free_at_ = leaves;
  }
  return leaves + draw_delay();
}

std::size_t SimRoute::draw_piece(std::size_t bytes) {
  if (bytes < 2 || link().split_percent == 0 || !ground_.random.percent(link().split_percent)) return bytes;
  ++ground_.counts.sends_split;
  return 1 + ground_.random.below(bytes - 1);
}

void SimRoute::set_blocked(bool blocked) {
  if (blocked && !blocked_) block_met_ = false;
  blocked_ = blocked;
}

void SimRoute::meet_block() {
  if (!blocked_ || block_met_) return;
  block_met_ = true;
  ++ground_.counts.blocks_met;
  if (!reverse_->blocked_) ++ground_.counts.one_way_blocks_met;
}

void SimRoute::held(std::uint64_t connection) {
  ++ground_.counts.sends_held;
  meet_block();
  trace("held", connection);
}

void SimRoute::delivered(std::uint64_t connection, std::uint64_t bytes, bool late) {
  if (late) ++ground_.counts.late_deliveries;
  if (connection < youngest_delivered_) ++ground_.counts.overtaken;
  youngest_delivered_ = std::max(youngest_delivered_, connection);
  trace("arrive", connection, bytes);
}

void SimRoute::trace(std::string_view what, std::uint64_t a, std::uint64_t b) {
  ground_.trace.add(from_);
  ground_.trace.add(to_);
  ground_.trace.add(what, a, b);
}

}  // namespace varve
