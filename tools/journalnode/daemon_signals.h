// The signals that a daemon is told things by: SIGTERM and SIGINT to stop, SIGHUP to reload.
//
// Threads: capture() runs before any other thread is started, because threads inherit that the signals are blocked, and before the event
//          port is made; the rest is the event loop's.
#pragma once

#include <kj/async-unix.h>

namespace varve {

class DaemonSignals {
 public:
  static void capture();

  explicit DaemonSignals(kj::UnixEventPort& port) : port_(port) {}

  // Resolves at the next of its signals, or at once when one came since the last; asked once at a time.
  kj::Promise<void> stop() const;
  kj::Promise<void> reload() const;

 private:
  kj::UnixEventPort& port_;
};

}  // namespace varve
