// Work on the event loop that nobody waits for. It ends when the object is destroyed; an exception out of it is a bug and ends the process.
#pragma once

#include <kj/async.h>
#include <kj/debug.h>
#include <kj/memory.h>

#include "base/check.h"

namespace varve {

class Tasks final : private kj::TaskSet::ErrorHandler {
 public:
  Tasks() : set_(kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this))) {}
  ~Tasks() noexcept {}
  KJ_DISALLOW_COPY(Tasks);

  void add(kj::Promise<void> task) { set_->add(kj::mv(task)); }
  // Ends all of it.
  void clear() { set_ = kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this)); }

 private:
  void taskFailed(kj::Exception&& exception) override { CHECK(false, exception.getDescription().cStr()); }

  kj::Own<kj::TaskSet> set_;
};

}  // namespace varve
