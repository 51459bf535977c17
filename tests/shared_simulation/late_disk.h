// One machine's way to the shared disk, in the hands of an adversary: each operation travels for a while before it takes effect and its
// answer for a while back, and what is on its way when the machine's process dies may still arrive, long after others have taken over.
//
// Owns:    the operations under way, with the memory they need; they live on when handles and promises are dropped.
// Threads: the event loop's.
#pragma once

#include <kj/async.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/disk.h"
#include "base/sim/sim_random.h"
#include "base/task.h"
#include "base/tasks.h"

namespace varve {

class LateDisk final : public Disk {
 public:
  LateDisk(Disk& disk, Clock& clock, SimRandom& random) : line_(std::make_shared<Line>(disk, clock, random)) {}
  ~LateDisk() noexcept(false) override { cut(); }

  kj::Promise<Result<kj::Own<Directory>>> open_directory(std::string path) override;
  kj::Promise<Result<kj::Own<Directory>>> create_directory(std::string path) override;

  // How long operations travel, at most: usually, and now and then.
  void set_delays(std::chrono::nanoseconds usual, std::chrono::nanoseconds seldom) {
    line_->usual = usual;
    line_->seldom = seldom;
  }
  // Nothing arrives, in either direction, before this time.
  void stop_until(std::chrono::nanoseconds time) { line_->stopped_until = time; }
  // The process is dead: what is on its way arrives within `latest`, or is lost.
  void orphan(std::chrono::nanoseconds latest);
  // Nothing that is on its way will arrive.
  void cut() { line_->under_way.clear(); }

  std::uint64_t arrived_late() const { return line_->arrived_late; }

  // What all operations of one process share.
  struct Line {
    Line(Disk& d, Clock& c, SimRandom& r) : disk(d), clock(c), random(r) {}
    Disk& disk;
    Clock& clock;
    SimRandom& random;
    std::chrono::nanoseconds usual{0};
    std::chrono::nanoseconds seldom{0};
    std::chrono::nanoseconds stopped_until{0};
    bool orphaned = false;
    std::chrono::nanoseconds orphan_latest{0};
    std::uint64_t arrived_late = 0;  // after the process was dead
    Tasks under_way;

    Task<bool> travel();  // false: lost on the way
  };
  using Lines = std::shared_ptr<Line>;

 private:
  Lines line_;
};

}  // namespace varve
