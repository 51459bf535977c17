#include "base/real/real_seams.h"

#include <algorithm>

namespace varve {

namespace {

constexpr int kWorkerNice = 10;  // checkpoints give way to the loop

std::chrono::nanoseconds useful_spin(std::chrono::nanoseconds longest) {
  return std::thread::hardware_concurrency() > 1 ? longest : std::chrono::nanoseconds(0);
}

unsigned or_one_per_core(unsigned threads) {
  return threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

RealSeams::RealSeams(RealSeamsOptions options)
    : log_(options.log ? std::move(options.log) : [](LogLevel, std::string_view) {}),
      io_(kj::setupAsyncIo()),
      mailbox_(io_.unixEventPort, io_.waitScope, useful_spin(options.longest_spin)),
      disk_threads_(mailbox_, {.name = "varve-disk-", .threads = options.disk_threads, .longest_spin = useful_spin(options.longest_spin)}),
      worker_threads_(mailbox_, {.name = "varve-work-", .threads = or_one_per_core(options.worker_threads), .nice = kWorkerNice}),
      clock_(mailbox_, io_.provider->getTimer()),
      disk_(mailbox_, disk_threads_),
      network_(io_.provider->getNetwork()),
      workers_(worker_threads_) {}

RealSeams::~RealSeams() noexcept = default;

}  // namespace varve
