#include "tools/demo/life.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>

#include "base/result.h"
#include "tools/demo/sequence.h"
#include "tools/demo/shared_counters.h"
#include "varve/rm_store.h"

namespace varve {
namespace {

// Lets at most `size` transactions be under way.
class Window {
 public:
  explicit Window(std::uint64_t size) : size_(size) {}

  void enter() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return inside_ < size_; });
    ++inside_;
  }
  void leave() {
    {
      std::lock_guard lock(mutex_);
      --inside_;
    }
    room_.notify_one();
  }

 private:
  const std::uint64_t size_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::uint64_t inside_ = 0;
};

Options engine_options(const DemoLifeOptions& life) {
  Options options;
  options.journal = life.journal;
  options.image_directory = life.directory + "/images";
  options.writer_name = "varve demo";
  options.segment_bytes_max = 32u << 20;
  options.checkpoint_transactions = std::max<std::uint64_t>(life.transactions / 5, 1000);
  options.extra_transactions_kept = 0;
  options.log = [](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarning) fmt::print(stderr, "{}\n", line);
  };
  return options;
}

// Plays the sequence from `position` on and waits until all of it is acknowledged.
Result<void> play(RmStore& store, const DemoLifeOptions& options, Sequence& sequence, Counters& counters) {
  Window window(options.window);
  std::mutex mutex;
  std::optional<Error> failure;
  while (auto transaction = sequence.next()) {
    window.enter();
    {
      std::lock_guard lock(mutex);
      if (failure) break;
    }
    counters.submitted.store(sequence.position(), std::memory_order_release);
    store.submit(std::move(*transaction), [&](const Result<Committed>& done) {
      if (done) {
        counters.acknowledged.fetch_add(1, std::memory_order_release);
      } else {
        std::lock_guard lock(mutex);
        if (!failure) failure = done.error();
      }
      window.leave();
    });
  }
  TRY(store.close());
  if (failure) return fail(*failure);
  return ok();
}

}  // namespace

std::string to_line(const LifeReport& r) {
  return fmt::format("recovered {} {} {} {} {} {} {}", r.hash.low, r.hash.high, r.applications, r.attempts, r.image_txid, r.replayed,
                     r.recovery_us);
}

std::optional<LifeReport> parse_life_report(std::string_view line) {
  LifeReport r;
  const int fields = std::sscanf(std::string(line).c_str(), "recovered %lu %lu %lu %lu %lu %lu %lu", &r.hash.low, &r.hash.high,
                                 &r.applications, &r.attempts, &r.image_txid, &r.replayed, &r.recovery_us);
  if (fields != 7) return std::nullopt;
  return r;
}

Result<void> run_life(const DemoLifeOptions& options) {
  ASSIGN_OR_RETURN(SharedCounters counters, SharedCounters::open(options.counters));
  ASSIGN_OR_RETURN(Sequence sequence, Sequence::open(options.trace, options.transactions, options.seed));
  RmOptions rm_options;
  rm_options.completed_applications_max = SIZE_MAX;  // the sequence removes them itself, so that the judge knows when
  ASSIGN_OR_RETURN(std::unique_ptr<RmStore> store, RmStore::open(engine_options(options), rm_options));
  ASSIGN_OR_RETURN(const rm::Snapshot snapshot, store->load_state());
  const Status status = store->engine().status();
  fmt::print("{}\n", to_line({hash_of(snapshot), snapshot.applications.size(), snapshot.attempts.size(), status.recovery.image_txid.value,
                              status.recovery.replayed, static_cast<std::uint64_t>(status.recovery.duration.count())}));
  std::fflush(stdout);

  std::string go;
  std::uint64_t position = 0;
  if (!(std::cin >> go >> position) || go != "go") return fail(ErrorCode::kInvalidArgument, "the judge is gone");
  sequence.skip_to(position);
  counters->submitted = position;
  counters->acknowledged = position;
  TRY(play(*store, options, sequence, *counters));
  fmt::print("finished\n");
  std::fflush(stdout);
  return ok();
}

}  // namespace varve
