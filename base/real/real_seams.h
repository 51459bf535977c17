// The outside world of one process, for one event loop. Made on the loop's own thread, by main() of tools and by open() of the public
// library, nowhere else; no promise that it gave may outlive it.
//
//   RealSeams real(options);
//   real.mailbox().run_until(work(real.seams()));
#pragma once

#include <kj/async-io.h>

#include "base/real/real_clock.h"
#include "base/real/real_disk.h"
#include "base/real/real_network.h"
#include "base/real/real_random.h"
#include "base/real/real_workers.h"
#include "base/seams.h"

namespace varve {

struct RealSeamsOptions {
  unsigned disk_threads = 4;    // the log's write never waits for those of an image and its sync
  unsigned worker_threads = 0;  // 0: one per core
  // How long the loop and the disk threads spin before they sleep. No use on a machine with one core.
  std::chrono::nanoseconds longest_spin = std::chrono::microseconds(400);
  LogSink log;
};

class RealSeams {
 public:
  explicit RealSeams(RealSeamsOptions options = {});
  ~RealSeams() noexcept;
  KJ_DISALLOW_COPY(RealSeams);

  Seams seams() { return {clock_, disk_, network_, random_, workers_, log_}; }
  LoopMailbox& mailbox() { return mailbox_; }
  kj::WaitScope& scope() { return io_.waitScope; }
  kj::UnixEventPort& event_port() { return io_.unixEventPort; }  // for signals

 private:
  LogSink log_;
  kj::AsyncIoContext io_;
  LoopMailbox mailbox_;
  ThreadPool disk_threads_;
  ThreadPool worker_threads_;
  RealClock clock_;
  RealDisk disk_;
  RealNetwork network_;
  RealRandom random_;
  RealWorkers workers_;
};

}  // namespace varve
