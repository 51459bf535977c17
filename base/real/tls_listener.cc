#include "base/real/tls_listener.h"

#include <kj/debug.h>

namespace varve {

namespace {

constexpr std::size_t kHandshakesMax = 64;
constexpr std::size_t kUntakenMax = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

TlsListener::TlsListener(kj::Own<Listener> listener, TlsNetwork& network) : listener_(kj::mv(listener)), network_(network) {
  tasks_.add(accept_all());
}

kj::Promise<Accepted> TlsListener::accept() {
  if (!untaken_.empty()) {
    Accepted accepted = kj::mv(untaken_.front());
    untaken_.pop_front();
    return accepted;
  }
  auto taker = kj::newPromiseAndFulfiller<Accepted>();
  takers_.push_back(kj::mv(taker.fulfiller));
  return kj::mv(taker.promise);
}

void TlsListener::hand_over(Accepted accepted) {
  while (!takers_.empty()) {
    auto taker = kj::mv(takers_.front());
    takers_.pop_front();
    if (taker->isWaiting()) return taker->fulfill(kj::mv(accepted));
  }
  if (untaken_.size() < kUntakenMax) untaken_.push_back(kj::mv(accepted));
}

Task<void> TlsListener::accept_all() {
  for (;;) {
    bool accepted = false;
    try {
      Accepted connection = co_await listener_->accept();
      accepted = true;
      greet(kj::mv(connection.stream));
    } catch (const kj::Exception& error) {
      network_.refuse(error);
    }
    if (!accepted) co_await network_.clock_.after(kAcceptPause);
  }
}

void TlsListener::greet(kj::Own<kj::AsyncIoStream> stream) {
  if (ends_.size() >= kHandshakesMax) {
    // It removes itself from ends_ when it has its turn; the next one must not find it again.
    ends_.begin()->second->reject(KJ_EXCEPTION(DISCONNECTED, "too many handshakes at a time, and this is the oldest"));
    ends_.erase(ends_.begin());
  }
  const std::uint64_t number = next_++;
  auto end = kj::newPromiseAndFulfiller<Accepted>();
  ends_.emplace(number, kj::mv(end.fulfiller));
  tasks_.add(network_.greet(kj::mv(stream))
                 .exclusiveJoin(kj::mv(end.promise))
                 .then(
                     [this, number](Accepted accepted) {
                       ends_.erase(number);
                       hand_over(kj::mv(accepted));
                     },
                     [this, number](kj::Exception&& reason) {
                       ends_.erase(number);
                       network_.refuse(reason);
                     }));
}

}  // namespace varve
