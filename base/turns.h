// One at a time, in the order of asking: a mutex of the event loop.
//
//   Turns::Turn turn = co_await turns_.take();   // given on when `turn` is destroyed
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <deque>
#include <utility>

#include "base/task.h"

namespace varve {

class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns& turns) noexcept : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() noexcept { end(); }
    // Gives it on before the end of the scope.
    void end() {
      if (turns_ != nullptr) std::exchange(turns_, nullptr)->next();
    }

   private:
    Turns* turns_;
  };

  Turns() = default;
  KJ_DISALLOW_COPY(Turns);

  kj::Promise<Turn> take() {
    if (!taken_) {
      taken_ = true;
      return Turn(*this);
    }
    auto paf = kj::newPromiseAndFulfiller<Turn>();
    waiting_.push_back(kj::mv(paf.fulfiller));
    return kj::mv(paf.promise);
  }
  bool taken() const { return taken_; }

 private:
  void next() {
    while (!waiting_.empty()) {
      auto fulfiller = kj::mv(waiting_.front());
      waiting_.pop_front();
      if (!fulfiller->isWaiting()) continue;
      fulfiller->fulfill(Turn(*this));
      return;
    }
    taken_ = false;
  }

  bool taken_ = false;
  std::deque<kj::Own<kj::PromiseFulfiller<Turn>>> waiting_;
};

}  // namespace varve
