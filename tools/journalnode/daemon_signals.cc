#include "tools/journalnode/daemon_signals.h"

#include <csignal>

namespace varve {

void DaemonSignals::capture() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) kj::UnixEventPort::captureSignal(number);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is seen by its error
}

kj::Promise<void> DaemonSignals::stop() const {
  return port_.onSignal(SIGTERM).ignoreResult().exclusiveJoin(port_.onSignal(SIGINT).ignoreResult());
}

kj::Promise<void> DaemonSignals::reload() const {
  return port_.onSignal(SIGHUP).ignoreResult();
}

}  // namespace varve
