#include "tests/shared_simulation/shared_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"

namespace varve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SimOp kFaultyOps[] = {SimOp::kWrite, SimOp::kSync,          SimOp::kCreate, SimOp::kRename,     SimOp::kList,
                                SimOp::kRead,  SimOp::kSyncDirectory, SimOp::kOpen,   SimOp::kPreallocate};
constexpr const char* kFaultyPaths[] = {"", "edits_", "epochs", "slots", "inprogress"};

LocalLogOptions random_log_options(SimRandom& random) {
  LocalLogOptions options;
  options.segment_bytes = 16u << 10;
  options.disk_reserve_bytes = random.percent(50) ? 0 : 32u << 10;
  options.mark_delay = milliseconds(random.percent(50) ? 100 : 1000);
  return options;
}

}  // namespace

SharedWorld::SharedWorld(const SharedSimulationOptions& options, SharedSimulationReport& report)
    : world_(options.seed), random_(options.seed ^ 0x736861726564), options_(options), report_(report) {
  disk().set_sync_is_noop(options.sync_is_noop);
  if (options.trace)
    disk().observe([this](std::uint64_t number, const SimOperation& operation) {
      if (operation.changes_disk()) trace(fmt::format("  {} {}", number, operation.describe()));
    });
  disk().add_directory("/mnt");
  log_options_ = random_log_options(random_);
  for (std::size_t i = 0; i < kProcesses; ++i) boot(i);
}

SharedWorld::~SharedWorld() noexcept(false) {
  for (Machine& machine : machines_) machine.process = nullptr;
  report_.trace_hash = world_.trace().hash();
  report_.virtual_time = world_.clock().now();
}

void SharedWorld::trace(const std::string& line) {
  if (options_.trace) options_.trace(fmt::format("{:.6f} {}", static_cast<double>(world_.clock().now().count()) / 1e9, line));
}

void SharedWorld::boot(std::size_t i) {
  Machine& machine = machines_[i];
  machine.line = std::make_unique<LateDisk>(disk(), world_.clock(), random_);
  machine.line->set_delays(std::chrono::microseconds(200), milliseconds(random_.percent(30) ? 2000 : 20));
  Seams mine = world_.seams();
  const Seams seams{mine.clock, *machine.line, mine.network, mine.random, mine.workers, mine.log};
  machine.process = std::make_unique<SharedProcess>(world_, seams, fmt::format("rm{}", i), log_options_, oracle_, report_.counts);
  machine.process->start();
}

void SharedWorld::kill(std::size_t i) {
  trace(fmt::format("kill rm{}", i));
  ++report_.kills;
  Machine& machine = machines_[i];
  machine.process = nullptr;
  machine.line->orphan(milliseconds(1 + random_.below(3000)));
  orphans_.push_back(std::move(machine.line));
  boot(i);
}

void SharedWorld::pause(std::size_t i) {
  ++report_.pauses;
  const auto time = milliseconds(random_.below(random_.percent(20) ? 20'000 : 2000));
  trace(fmt::format("pause rm{} for {} ms", i, time.count()));
  machines_[i].line->stop_until(world_.clock().now() + time);
}

void SharedWorld::lose_power() {
  trace("power loss");
  disk().power_off();
  power_back();
}

void SharedWorld::power_back() {
  ++report_.power_losses;
  for (Machine& machine : machines_) {
    machine.process = nullptr;
    machine.line->cut();
    orphans_.push_back(std::move(machine.line));
  }
  for (auto& orphan : orphans_) {
    report_.late_operations += orphan->arrived_late();
    orphan->cut();
  }
  orphans_.clear();
  disk().crash(random_);
  for (std::size_t i = 0; i < kProcesses; ++i) boot(i);
}

void SharedWorld::plan_fault() {
  ++report_.disk_faults;
  SimFault fault;
  fault.op = kFaultyOps[random_.below(std::size(kFaultyOps))];
  fault.path_part = kFaultyPaths[random_.below(std::size(kFaultyPaths))];
  fault.skip = random_.below(6);
  fault.error = random_.percent(70) ? EIO : ENOSPC;
  if (*fault.op == SimOp::kWrite) fault.bytes_done = kSectorBytes * random_.below(5);
  if (random_.percent(30)) {
    fault.error = 0;
    fault.delay = milliseconds(random_.below(3000));
  }
  disk().inject(fault);
}

void SharedWorld::fill_or_empty() {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 40;
  disk().set_capacity(std::nullopt);
  full_ = !full_;
  if (!full_) return;
  ++report_.full_disks;
  disk().set_capacity(kHuge);
  disk().set_capacity(kHuge - disk().free_bytes() + random_.below(100'000));
}

void SharedWorld::append(SharedProcess& process) {
  const std::uint64_t frames = 1 + random_.below(5);
  for (std::uint64_t f = 0; f < frames; ++f) {
    std::vector<std::string> transactions(1 + random_.below(4));
    for (std::string& t : transactions) {
      t = fmt::format("{} ", ++transactions_);
      t.resize(t.size() + random_.below(random_.percent(5) ? 30'000 : 900), 'x');
    }
    process.append(std::move(transactions));
  }
}

void SharedWorld::append_everywhere() {
  for (Machine& machine : machines_) append(*machine.process);
}

// Of what an image, that nothing here needs, would hold.
void SharedWorld::purge(SharedProcess& process) {
  if (!process.reigns()) return;
  const TxId committed = process.committed().txid;
  process.purge(TxId{committed.value - random_.below(std::min<std::uint64_t>(committed.value, 100))});
}

void SharedWorld::pass(std::chrono::nanoseconds time) {
  world_.run_for(time);
}

void SharedWorld::step() {
  SharedProcess& process = *machines_[some()].process;
  const std::uint64_t what = random_.below(100);
  if (full_ && random_.percent(40)) fill_or_empty();
  if (what < 40) {
    append_everywhere();
  } else if (what < 56) {
    process.stand();
  } else if (what < 61) {
    append_everywhere();
    pass(std::chrono::microseconds(random_.below(1000)));
    kill(some());
  } else if (what < 68) {
    append_everywhere();
    pause(some());
  } else if (what < 70) {
    lose_power();
  } else if (what < 80) {
    process.poll();
  } else if (what < 86) {
    for (Machine& machine : machines_) purge(*machine.process);
  } else if (what < 91) {
    process.roll();
  } else if (what < 94) {
    plan_fault();
  } else if (what < 95) {
    fill_or_empty();
  } else {
    pass(seconds(random_.below(4)));
  }
  pass(std::chrono::microseconds(random_.below(random_.percent(20) ? 200'000 : 4000)));
  tend();
  check();
  audit();
  check();
}

// Processes that gave up are started again, as an operator's supervisor would.
void SharedWorld::tend() {
  for (std::size_t i = 0; i < kProcesses; ++i)
    if (machines_[i].process->stalled()) kill(i);
}

// An outsider, with no delay, reads everything that a reader may see at this moment.
void SharedWorld::audit() {
  if (!disk().exists(std::string(SharedProcess::kPath) + "/VERSION")) return;
  ++report_.audits;
  auto journal = world_.wait(SharedJournal::open(world_.seams(), SharedProcess::kPath, log_options_, RollPolicy{}));
  Result<void> read = ok();
  if (!journal) read = fail(journal.error());
  if (journal) {
    oracle_.start((*journal)->start(), "audit");
    auto reader = world_.wait((*journal)->read_after((*journal)->start()));
    if (!reader) read = fail(reader.error());
    while (reader) {
      auto frames = world_.wait((*reader)->next());
      if (!frames) read = fail(frames.error());
      if (!frames || frames->empty()) break;
      for (const FrameView& frame : *frames) oracle_.known(*frame.header, "audit");
    }
  }
  if (!read && (read.error().code() == ErrorCode::kDamaged || read.error().code() == ErrorCode::kForeign))
    oracle_.violate("audit: " + read.error().text());
}

void SharedWorld::check() {
  if (!oracle_.broken().empty()) throw KJ_EXCEPTION(FAILED, oracle_.broken().c_str());
}

void SharedWorld::end_well() {
  trace("no more faults");
  disk().clear_faults();
  disk().set_capacity(std::nullopt);
  for (std::size_t i = 0; i < kProcesses; ++i) {
    kill(i);
    machines_[i].line->set_delays(std::chrono::microseconds(200), milliseconds(5));
  }
  pass(seconds(30));  // what was on its way has arrived
  tend();
  pass(seconds(5));
  SharedProcess& process = *machines_[some()].process;
  for (int attempt = 0; attempt < 3 && !process.reigns(); ++attempt) {
    process.stand();
    pass(seconds(5));
  }
  if (!process.reigns()) oracle_.violate("no fault is left, and nobody becomes the writer");
  check();
  const std::uint64_t before = report_.counts.acknowledged;
  const std::uint64_t submitted = report_.counts.submitted;
  append(process);
  pass(seconds(10));
  if (report_.counts.acknowledged - before != report_.counts.submitted - submitted)
    oracle_.violate("no fault is left, and appends are not acknowledged");
  const TxId end = process.committed().txid;
  if (end != oracle_.last()) oracle_.violate(fmt::format("the log ends at txid {}, known is {}", end.value, oracle_.last().value));
  check();
  for (Machine& machine : machines_) machine.process->poll();
  pass(seconds(10));
  audit();
  check();
  for (auto& orphan : orphans_) report_.late_operations += orphan->arrived_late();
}

}  // namespace varve
