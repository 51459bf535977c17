// The disk seam in memory, with everything that may go wrong with a disk.
//
// Owns:     what is on the disk, synced and unsynced apart, for bytes and for names.
// Threads:  the event loop's.
// Crash:    crash_before(n) freezes the disk before operation n: it and all later ones never resolve. crash() then decides what becomes
//           of everything unsynced, as strictly as POSIX allows: sectors of one write apart from each other, a file's size apart from
//           its data, each name apart; File::sync() says nothing about the file's name. Handles from before a crash hang for ever;
//           locks are gone.
// Faults:   errors, short writes, failing syncs, delays (inject()); full, read-only; rot (flip_bits(), zero()).
// A sync that fails leaves what was written in doubt: no later sync makes it durable.
#pragma once

#include <functional>
#include <set>

#include "base/clock.h"
#include "base/disk.h"
#include "base/sim/sim_disk_state.h"
#include "base/sim/sim_fault.h"
#include "base/sim/sim_random.h"
#include "base/sim/sim_trace.h"

namespace varve {

// How long operations take; 0 is at once.
struct SimLatency {
  std::chrono::nanoseconds read{0};
  std::chrono::nanoseconds write{0};
  std::chrono::nanoseconds sync{0};
  std::chrono::nanoseconds names{0};  // everything else
  unsigned jitter_percent = 0;        // longer by up to so much, by chance
};

class SimDisk final : public Disk {
 public:
  SimDisk(Clock& clock, SimTrace& trace, std::uint64_t seed);

  // Paths are taken as they are; a parent must exist unless it is the root.
  kj::Promise<Result<kj::Own<Directory>>> open_directory(std::string path) override;
  kj::Promise<Result<kj::Own<Directory>>> create_directory(std::string path) override;

  // --- Crashes ---
  // Operations begun so far; the next one has this number + 1. Those that never happen are not counted.
  std::uint64_t operations() const { return operations_; }
  void crash_before(std::uint64_t number) { crash_before_ = number; }
  void power_off();  // as if crash_before() were reached now
  bool crashed() const { return crashed_; }
  kj::Promise<void> when_crashed();
  const std::string& crashed_before() const { return crashed_before_; }  // the operation that did not happen
  // What crash() has to decide on, in the order of its making.
  std::vector<UnsyncedUnit> unsynced() const { return state_.unsynced(); }
  // Power is back. Precondition for the first: one fate for each of unsynced().
  void crash(const CrashOutcome& outcome);
  void crash(Random& random);
  void settle() { state_.settle(); }  // everything written so far is durable
  // A disk that lies: what a test must find out that claims to find lost data.
  void set_sync_is_noop(bool noop) { sync_is_noop_ = noop; }

  // Called with each operation as it begins.
  void observe(std::function<void(std::uint64_t number, const SimOperation&)> observer) { observer_ = std::move(observer); }

  // --- Faults ---
  void inject(SimFault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }
  void set_latency(SimLatency latency) { latency_ = latency; }
  void set_capacity(std::optional<std::uint64_t> bytes) { capacity_ = bytes; }
  void set_read_only(bool read_only) { read_only_ = read_only; }
  std::uint64_t free_bytes() const;

  // --- The files themselves, for tests; not operations. Precondition but for exists(): the file exists. ---
  bool exists(std::string_view path) const { return state_.find(path) != nullptr; }
  std::vector<std::string> list(const std::string& directory) const { return state_.list(directory); }
  std::vector<std::byte> read_all(std::string_view path) const;
  std::uint64_t size_of(std::string_view path) const;
  // These change what is durable and what is seen alike; open handles see it. write_all() makes the file when it is missing.
  void write_all(const std::string& path, Bytes bytes);
  void write_at(std::string_view path, std::uint64_t offset, Bytes bytes);
  void flip_bits(std::string_view path, std::uint64_t offset, std::byte mask = std::byte{0x01});
  void zero(std::string_view path, std::uint64_t offset, std::uint64_t bytes);
  void truncate_to(std::string_view path, std::uint64_t size);
  void rename_file(const std::string& from, const std::string& to);
  void remove_file(const std::string& path);
  void add_directory(const std::string& path);  // with its parents

  SimDiskState snapshot() const { return state_; }
  // Power off, and another disk in its place. Faults, capacity and latency stay.
  void restore(const SimDiskState& state);

 private:
  friend class SimFile;
  friend class SimDirectory;
  friend class SimDirectoryLock;

  // What is to become of an operation.
  struct Verdict {
    bool never = false;
    int error = 0;
    std::uint64_t bytes_done = 0;
    std::chrono::nanoseconds delay{0};
  };

  Verdict begin(const SimOperation& operation, std::uint64_t generation);
  std::chrono::nanoseconds latency_of(SimOp op);
  kj::Promise<Result<kj::Own<Directory>>> opened(const SimOperation& operation, const Verdict& verdict);
  void new_generation();

  // The result, after the verdict's delay, unless power fails in between.
  template <typename T>
  kj::Promise<Result<T>> complete(const Verdict& verdict, Result<T> result) {
    if (verdict.delay.count() == 0) return kj::Promise<Result<T>>(kj::mv(result));
    return clock_.after(verdict.delay).then([this, born = generation_, result = kj::mv(result)]() mutable -> kj::Promise<Result<T>> {
      if (crashed_ || born != generation_) return kj::NEVER_DONE;
      return kj::mv(result);
    });
  }
  // The same, with `effect` taking place at the end of the delay.
  kj::Promise<Result<void>> complete_with(const Verdict& verdict, std::function<void()> effect);

  Clock& clock_;
  SimTrace& trace_;
  SimRandom random_;
  SimDiskState state_;
  std::uint64_t generation_ = 1;  // raised by each crash; handles of older ones are dead
  std::uint64_t operations_ = 0;
  std::uint64_t crash_before_ = ~std::uint64_t{0};
  bool crashed_ = false;
  std::string crashed_before_;
  kj::Own<kj::PromiseFulfiller<void>> crash_fulfiller_;
  kj::ForkedPromise<void> crash_promise_;
  std::function<void(std::uint64_t, const SimOperation&)> observer_;
  bool sync_is_noop_ = false;
  std::vector<SimFault> faults_;
  SimLatency latency_;
  std::optional<std::uint64_t> capacity_;
  bool read_only_ = false;
  std::set<std::string> locks_;  // paths
};

}  // namespace varve
