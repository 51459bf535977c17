#include "base/sim/sim_world.h"

#include <algorithm>

#include "base/check.h"

namespace varve {

SimWorld::SimWorld(std::uint64_t seed, unsigned workers)
    : loop_(port_),
      scope_(loop_),
      random_(seed),
      clock_(port_.timer()),
      disk_(clock_, trace_, random_.next()),
      network_(clock_, trace_, random_.next()),
      workers_(workers),
      log_sink_([this](LogLevel, std::string_view line) { log_lines_.emplace_back(line); }) {}

SimWorld::~SimWorld() noexcept = default;

SimMachine& SimWorld::add_machine(const std::string& name) {
  CHECK(!machines_.contains(name), name);
  return *machines_.emplace(name, std::make_unique<SimMachine>(*this, name, random_)).first->second;
}

bool SimWorld::log_contains(std::string_view text) const {
  return std::any_of(log_lines_.begin(), log_lines_.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace varve
