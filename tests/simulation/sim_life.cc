#include "tests/simulation/sim_life.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "tests/simulation/log_audit.h"
#include "tests/simulation/random_options.h"

namespace varve {

namespace {

constexpr auto kPatience = std::chrono::minutes(30);
constexpr unsigned kStartsMax = 20;

}  // namespace

SimLife::SimLife(SimWorld& world, SimRandom& random, const SimulationOptions& options, SimulationReport& report)
    : world_(world),
      random_(random),
      options_(options),
      report_(report),
      replica_options_(random_options(random)),
      faults_(world.disk(), report.faults, [this](std::string_view line) { trace(line); }) {
  disk().add_directory(ReplicaProcess::kHome);
  disk().set_latency(random_latency(random));
  disk().set_sync_is_noop(options.sync_is_noop);
}

void SimLife::trace(std::string_view line) {
  if (!options_.trace) return;
  for (; log_lines_seen_ < world_.log_lines().size(); ++log_lines_seen_)
    options_.trace(fmt::format("  log: {}", world_.log_lines()[log_lines_seen_]));
  options_.trace(fmt::format("{:.6f} {}", std::chrono::duration<double>(world_.clock().now()).count(), line));
}

template <typename T>
std::optional<T> SimLife::unless_power_fails(kj::Promise<T> promise) {
  std::optional<T> result;
  bool late = false;
  auto done = promise.then([&result](T&& value) { result.emplace(kj::mv(value)); });
  auto gone = world_.clock().after(kPatience).then([&late] { late = true; });
  world_.wait(done.exclusiveJoin(disk().when_crashed()).exclusiveJoin(kj::mv(gone)));
  demand(!late, "nothing came of it in 30 minutes");
  return result;
}

// --- Work ---

void SimLife::submit(std::uint64_t count) {
  trace(fmt::format("submit {}", count));
  for (std::uint64_t i = 0; i < count; ++i) process_->submit(random_transaction(random_, replica_options_));
  report_.submitted += count;
}

void SimLife::begin_checkpoint() {
  if (replica().status().applied.value == 0) return;
  trace("checkpoint");
  process_->begin_checkpoint();
}

void SimLife::pass(std::chrono::nanoseconds time) {
  const std::size_t refused = record_.refused_for_space();
  world_.run_for(time);
  if (full_) report_.faults[FaultKind::kFullDisk] += record_.refused_for_space() - refused;
}

void SimLife::settle() {
  const auto until = world_.clock().now() + kPatience;
  while (record_.open() > 0 && !disk().crashed() && !failed()) {
    pass(std::chrono::milliseconds(1));
    demand(world_.clock().now() < until, fmt::format("{} submissions are still open after 30 minutes", record_.open()));
  }
}

// --- Deaths ---

void SimLife::kill() {
  trace("kill");
  ++report_.faults[FaultKind::kKill];
  process_.reset();
  down_time();
  start();
}

void SimLife::lose_power() {
  disk().power_off();
  ++report_.faults[FaultKind::kPowerLoss];
  power_back();
  down_time();
  start();
}

void SimLife::power_back() {
  trace(fmt::format("power loss before {}; {} unsynced", disk().crashed_before(), disk().unsynced().size()));
  process_.reset();
  disk().crash(random_);
}

void SimLife::revive() {
  demand(process_->broken_promise().empty(), process_->broken_promise());
  if (disk().crashed()) return lose_power();
  if (!failed()) return;
  const Status status = replica().status();
  trace(fmt::format("reign over: {}", status.failure));
  demand(faults_.met() != met_at_start_ || was_read_only_, fmt::format("the reign ended and no fault was met: {}", status.failure));
  process_.reset();
  down_time();
  start();
}

void SimLife::restart_cleanly() {
  trace("clean restart");
  auto stopped = unless_power_fails(kj::Promise<Result<void>>(process_->stop()));
  if (!stopped) return lose_power();
  demand(process_->broken_promise().empty(), process_->broken_promise());
  const auto state = process_->ledger().entries();
  process_.reset();
  if (*stopped)
    audit_disk(state);
  else
    check_excused(stopped->error(), met_at_start_);
  if (!disk().crashed()) down_time();
  if (disk().crashed()) return lose_power();
  start();
}

void SimLife::audit_disk(std::vector<DigestLedger::Entry> state) {
  if (read_only_ || full_) return;
  faults_.clear();
  auto wrong = unless_power_fails(kj::Promise<std::string>(audit(world_.seams(), replica_options_, state, rotten_)));
  if (!wrong) return;
  demand(wrong->empty(), *wrong);
  ++report_.audits;
}

// --- Start ---

void SimLife::start() {
  for (unsigned attempt = 0; attempt < kStartsMax; ++attempt) {
    if (attempt > 3) heal();
    if (attempt <= 3 && !over_ && random_.percent(15)) lose_power_after(random_.below(80));
    const Result<void> started = try_start();
    if (started) return;
    if (disk().crashed()) {
      ++report_.faults[FaultKind::kPowerLossInRecovery];
      power_back();
      continue;
    }
    trace(fmt::format("start failed: {}", started.error().text()));
    check_excused(started.error(), met_at_start_);
    if (random_.percent(50)) heal();
    pass(std::chrono::milliseconds(random_.below(1000)));
  }
  throw Violation{"it did not start again"};
}

Result<void> SimLife::try_start() {
  trace("start");
  ++report_.starts;
  met_at_start_ = faults_.met();  // what a start begins, and a fault meets, may end the reign later
  was_read_only_ = read_only_;
  process_.emplace(world_, replica_options_, record_);
  auto started = unless_power_fails(kj::Promise<Result<void>>(process_->start()));
  if (!started) return fail(ErrorCode::kIo, "the power failed");
  if (!*started) {
    process_.reset();
    return *started;
  }
  check_recovered();
  return {};
}

void SimLife::check_excused(const Error& error, std::uint64_t met_before) {
  demand(faults_.met() != met_before || read_only_ || was_read_only_ || (full_ && error.code() == ErrorCode::kNoSpace),
         fmt::format("it failed and no fault was met: {}", error.text()));
  demand(error.code() != ErrorCode::kForeign && error.code() != ErrorCode::kNewerLayout && error.code() != ErrorCode::kLocked,
         fmt::format("a fault of the disk is taken for something else: {} ({})", error.text(), to_string(error.code())));
}

void SimLife::check_recovered() {
  const Status status = replica().status();
  trace(fmt::format("up: epoch {}, image {}, replayed {}, committed {}, first in log {}", status.epoch.value,
                    status.recovery.image_txid.value, status.recovery.replayed, status.committed.value, status.first_in_log.value));
  world_.trace().add("up", status.epoch.value, status.committed.value);
  if (const std::string wrong = record_.reconcile(process_->ledger().entries()); !wrong.empty()) throw Violation{wrong};
  demand(status.epoch > last_epoch_, fmt::format("epoch {} follows epoch {}", status.epoch.value, last_epoch_.value));
  last_epoch_ = status.epoch;
  demand(status.committed == status.applied && status.last_submitted == status.applied,
         fmt::format("just started, and committed {}, applied {}, framed {}", status.committed.value, status.applied.value,
                     status.last_submitted.value));
  demand(status.first_in_log <= status.committed.next(), "the log begins behind its end");
  if (status.recovery.images_passed_over > 0 && !rotten_.empty()) ++report_.faults[FaultKind::kImageRot];
  check_outcomes();
}

void SimLife::check_outcomes() {
  for (const std::size_t index : record_.asked_about()) {
    const SubmissionRecord::Submission& s = record_[index];
    const std::uint64_t met = faults_.met();
    const bool was_purged = s.ticket->txid < replica().status().first_in_log;
    auto outcome = unless_power_fails(replica().outcome(*s.ticket));
    if (!outcome) return;  // the power is gone: whoever comes next sees it
    if (!*outcome && faults_.met() != met) continue;
    demand(outcome->has_value(), fmt::format("asking for the outcome of submission {}: {}", index, outcome->error().text()));
    ++report_.outcomes_asked;
    const bool is_purged = s.ticket->txid < replica().status().first_in_log;
    if (**outcome == Outcome::kUnknownYet && is_purged) continue;
    const Outcome expected = was_purged                                        ? Outcome::kUnknownYet
                             : s.fate == SubmissionRecord::Fate::kAcknowledged ? Outcome::kCommitted
                                                                               : Outcome::kNever;
    demand(**outcome == expected, fmt::format("the outcome of submission {}, txid {}, is {}, expected {}", index, s.ticket->txid.value,
                                              static_cast<int>(**outcome), static_cast<int>(expected)));
  }
}

// --- Faults ---

void SimLife::fill_disk() {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 40;
  disk().set_capacity(kHuge);
  const std::uint64_t used = kHuge - disk().free_bytes();
  const std::uint64_t left = random_.below(300'000);
  trace(fmt::format("full disk: {} bytes left", left));
  disk().set_capacity(used + left);
  full_ = true;
}

void SimLife::make_room() {
  trace("room again");
  disk().set_capacity(std::nullopt);
  full_ = false;
  settle();
  if (disk().crashed() || failed() || faults_.met() != met_at_start_ || was_read_only_) return;
  const std::size_t before = record_.refused_for_space();
  submit(3);
  settle();
  if (disk().crashed() || faults_.met() != met_at_start_) return;
  demand(!failed() && record_.refused_for_space() == before, "there is room again, and submissions are still refused for want of space");
}

void SimLife::set_read_only(bool read_only) {
  trace(read_only ? "read-only" : "writable again");
  if (read_only) {
    ++report_.faults[FaultKind::kReadOnly];
    was_read_only_ = true;
  }
  read_only_ = read_only;
  disk().set_read_only(read_only);
}

void SimLife::jump_clock() {
  ++report_.faults[FaultKind::kClockJump];
  world_.clock().jump_wall(std::chrono::microseconds(static_cast<std::int64_t>(random_.below(1'000'000'000'000)) - 500'000'000'000));
}

void SimLife::heal() {
  faults_.clear();
  disk().set_capacity(std::nullopt);
  disk().set_read_only(false);
  full_ = read_only_ = false;
}

void SimLife::down_time() {
  if (random_.percent(30)) pass(std::chrono::milliseconds(random_.below(5000)));
  if (random_.percent(10)) rot_image();
  if (random_.percent(8)) rot_journal();
}

// One of at least two images that are durable with their names, and never a second one: the promise is void where no good copy is left.
void SimLife::rot_image() {
  if (replica_options_.images_kept < 2 || !disk().list(ReplicaProcess::kHome).size()) return;
  if (!disk().exists(std::string(ReplicaProcess::kJournal) + "/VERSION")) return;
  std::vector<TxId> published;
  for (const std::string& name : disk().list(ReplicaProcess::kImages))
    if (unsigned long long txid = 0; std::sscanf(name.c_str(), "fsimage_%llu", &txid) == 1 && name.size() == 27)
      published.push_back(TxId{txid});
  std::erase_if(rotten_, [&](TxId txid) { return std::find(published.begin(), published.end(), txid) == published.end(); });
  const auto unsynced = disk().unsynced();
  const bool in_doubt =
      std::ranges::any_of(unsynced, [](const auto& unit) { return unit.what.find(ReplicaProcess::kImages) != std::string::npos; });
  if (published.size() < 2 || !rotten_.empty() || in_doubt) return;
  const std::string path = fmt::format("{}/fsimage_{:019}", ReplicaProcess::kImages, published.back().value);
  trace(fmt::format("rot in {}", path));
  disk().flip_bits(path, random_.below(disk().size_of(path)), std::byte{0x10});
  rotten_.insert(published.back());
}

// Any bit of any file of the journal. Found: an error, and with the bit back in its place all is well. Not found: harmless, or mended.
void SimLife::rot_journal() {
  if (!disk().exists(std::string(ReplicaProcess::kJournal) + "/VERSION")) return;
  heal();
  const std::vector<std::string> files = files_in(disk(), ReplicaProcess::kJournal);
  if (files.empty()) return;
  const std::string& path = files[random_.below(files.size())];
  RottenSector rotten(disk(), path, random_.below(disk().size_of(path)));
  trace(fmt::format("rot in {} at offset {}", path, rotten.offset()));
  check_start_with(rotten);
}

void SimLife::check_start_with(RottenSector& rotten) {
  const Result<void> started = try_start();
  const bool power_failed = disk().crashed();
  if (!started && !power_failed) {
    ++report_.faults[FaultKind::kJournalRot];
    trace(fmt::format("start refused: {}", started.error().text()));
    demand(started.error().code() == ErrorCode::kDamaged && started.error().text().find(rotten.path()) != std::string::npos,
           fmt::format("a flipped bit at offset {} of {} is reported as: {} ({})", rotten.offset(), rotten.path(), started.error().text(),
                       to_string(started.error().code())));
  }
  if (power_failed) ++report_.faults[FaultKind::kPowerLossInRecovery], power_back();
  process_.reset();
  rotten.put_right(ReplicaProcess::kJournal);
}

// --- The end ---

void SimLife::end_well() {
  trace("no more faults");
  over_ = true;
  heal();
  disk().crash_before(~std::uint64_t{0});
  pass(std::chrono::seconds(60));  // what was stuck, or about to fail, is done
  if (failed()) {
    process_.reset();
    start();
  }
  met_at_start_ = faults_.met();
  was_read_only_ = false;
  const std::size_t before = record_.acknowledged() + record_.open();
  submit(20);
  settle();
  demand(!failed() && record_.acknowledged() == before + 20, "no fault is left, and submissions are not acknowledged");
  const auto image = unless_power_fails(replica().checkpoint());
  demand(image && *image, fmt::format("no fault is left, and a checkpoint fails: {}", image ? image->error().text() : "power"));
  report_.checkpoints += replica().status().checkpoint.succeeded;

  restart_cleanly_whole();
  restart_cleanly_whole();
  report_.acknowledged = record_.acknowledged();
}

void SimLife::restart_cleanly_whole() {
  const auto stopped = unless_power_fails(kj::Promise<Result<void>>(process_->stop()));
  demand(stopped && *stopped, fmt::format("no fault is left, and stopping fails: {}", stopped ? stopped->error().text() : "power"));
  const auto state = process_->ledger().entries();
  process_.reset();
  audit_disk(state);
  const Result<void> started = try_start();
  demand(started.has_value(), fmt::format("no fault is left, and it does not start: {}", started ? "" : started.error().text()));
  demand(replica().status().recovery.torn_bytes_cut == 0, "a torn tail after a clean stop");
  demand(process_->ledger().entries() == state, "the state after a clean restart is another one");
}

}  // namespace varve
