// Seam to other cores: pure computations over immutable data, away from the event loop.
#pragma once

#include <kj/async.h>

#include <functional>

namespace varve {

class Workers {
 public:
  virtual ~Workers() noexcept(false) {}
  // How many computations run at once.
  virtual unsigned count() const = 0;
  // Runs `work` on some worker and resolves on the loop when it is done. Destroying the promise of work that has begun waits for its
  // end. `work` must not throw.
  virtual kj::Promise<void> run(std::function<void()> work) = 0;
};

}  // namespace varve
