#include "tests/simulation/random_options.h"

#include <cstring>

#include "tests/simulation/replica_process.h"

namespace varve {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <typename T>
T one_of(SimRandom& random, std::initializer_list<T> choices) {
  return choices.begin()[random.below(choices.size())];
}

}  // namespace

Options random_options(SimRandom& random) {
  Options options;
  options.journal = std::string("file://") + ReplicaProcess::kJournal;
  options.frame_bytes_max = 4096u << random.below(5);
  options.segment_bytes_max = std::uint64_t{65536} << random.below(3);
  options.segment_transactions_max = one_of<std::uint64_t>(random, {20, 200, 1'000'000});
  options.segment_age_max = one_of<milliseconds>(random, {milliseconds(0), seconds(10)});
  options.mark_delay = one_of<milliseconds>(random, {milliseconds(5), milliseconds(100), seconds(1)});
  options.disk_reserve_bytes = 256u << 10;
  options.direct_io = random.percent(50);
  options.checkpoint_transactions = one_of<std::uint64_t>(random, {0, 50, 300});
  options.checkpoint_log_bytes = one_of<std::uint64_t>(random, {0, 100'000});
  options.checkpoint_interval = one_of<milliseconds>(random, {milliseconds(0), seconds(5)});
  options.images_kept = static_cast<std::uint32_t>(1 + random.below(3));
  options.extra_transactions_kept = one_of<std::uint64_t>(random, {0, 100, 1'000'000});
  options.extra_segments_kept = one_of<std::uint32_t>(random, {0, 3, 1000});
  options.image_chunk_bytes = 4096;
  return options;
}

SimLatency random_latency(SimRandom& random) {
  if (random.percent(20)) return {};
  const auto scale = static_cast<std::int64_t>(1 + random.below(20));
  return {.read = microseconds(10 * scale),
          .write = microseconds(5 * scale),
          .sync = microseconds(100 * scale),
          .names = microseconds(10 * scale),
          .jitter_percent = static_cast<unsigned>(random.below(400))};
}

std::string random_transaction(SimRandom& random, const Options& options) {
  std::uint64_t bytes = 8 + random.below(200);
  const std::uint64_t kind = random.below(100);
  if (kind < 5) bytes = random.below(9);
  if (kind >= 80) bytes = random.below(2000);
  if (kind >= 95) bytes = random.below(options.frame_bytes_max);
  if (kind >= 99) bytes = random.below(3 * options.segment_bytes_max / 2);
  std::string transaction(bytes, '\0');
  for (std::uint64_t at = 0; at < bytes; at += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(transaction.data() + at, &word, std::min<std::uint64_t>(8, bytes - at));
  }
  return transaction;
}

}  // namespace varve
