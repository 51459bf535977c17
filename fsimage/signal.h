// Wakes who waits on the event loop.
// Threads: the event loop's.
#pragma once

#include <kj/async.h>
#include <kj/vector.h>

namespace varve {

class Signal {
 public:
  // Resolves at the next raise().
  kj::Promise<void> wait() {
    auto paired = kj::newPromiseAndFulfiller<void>();
    waiting_.add(kj::mv(paired.fulfiller));
    return kj::mv(paired.promise);
  }
  void raise() {
    auto woken = kj::mv(waiting_);
    waiting_ = {};
    for (auto& fulfiller : woken) fulfiller->fulfill();
  }

 private:
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_;
};

}  // namespace varve
