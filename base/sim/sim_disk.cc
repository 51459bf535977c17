#include "base/sim/sim_disk.h"

#include <algorithm>

#include "base/check.h"
#include "base/os_error.h"
#include "base/sim/sim_directory.h"

namespace varve {

namespace {

std::string parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::string name_in(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

SimDisk::SimDisk(Clock& clock, SimTrace& trace, std::uint64_t seed) : clock_(clock), trace_(trace), random_(seed), crash_promise_(nullptr) {
  new_generation();
}

void SimDisk::new_generation() {
  ++generation_;
  locks_.clear();
  crashed_ = false;
  crash_before_ = ~std::uint64_t{0};
  auto paf = kj::newPromiseAndFulfiller<void>();
  crash_promise_ = paf.promise.fork();
  crash_fulfiller_ = kj::mv(paf.fulfiller);
}

SimDisk::Verdict SimDisk::begin(const SimOperation& operation, std::uint64_t generation) {
  Verdict verdict;
  if (crashed_ || generation != generation_) {
    verdict.never = true;
    return verdict;
  }
  if (operations_ + 1 >= crash_before_) {
    crashed_before_ = operation.describe();
    power_off();
    verdict.never = true;
    return verdict;
  }
  ++operations_;
  trace_.add(operation.path, static_cast<std::uint64_t>(operation.op) << 56 | operation.bytes, operation.offset);
  if (observer_) observer_(operations_, operation);
  verdict.delay = latency_of(operation.op);
  for (SimFault& fault : faults_) {
    if (!fault.meets(operations_, operation)) continue;
    verdict.error = fault.error;
    verdict.bytes_done = fault.bytes_done;
    verdict.delay += fault.delay;
  }
  if (verdict.error == 0 && read_only_ && operation.changes_disk() && operation.op != SimOp::kSync && operation.op != SimOp::kSyncDirectory)
    verdict.error = EROFS;
  return verdict;
}

std::chrono::nanoseconds SimDisk::latency_of(SimOp op) {
  std::chrono::nanoseconds base = latency_.names;
  if (op == SimOp::kRead) base = latency_.read;
  if (op == SimOp::kWrite) base = latency_.write;
  if (op == SimOp::kSync || op == SimOp::kSyncDirectory) base = latency_.sync;
  if (base.count() == 0 || latency_.jitter_percent == 0) return base;
  return base + base * static_cast<std::int64_t>(random_.below(latency_.jitter_percent + 1)) / 100;
}

kj::Promise<Result<void>> SimDisk::complete_with(const Verdict& verdict, std::function<void()> effect) {
  if (verdict.delay.count() == 0) {
    effect();
    return Result<void>();
  }
  return clock_.after(verdict.delay).then([this, born = generation_, effect = std::move(effect)]() -> kj::Promise<Result<void>> {
    if (crashed_ || born != generation_) return kj::NEVER_DONE;
    effect();
    return Result<void>();
  });
}

kj::Promise<Result<kj::Own<Directory>>> SimDisk::opened(const SimOperation& operation, const Verdict& verdict) {
  kj::Own<Directory> directory = kj::heap<SimDirectory>(*this, operation.path);
  return complete<kj::Own<Directory>>(verdict, kj::mv(directory));
}

kj::Promise<Result<kj::Own<Directory>>> SimDisk::open_directory(std::string path) {
  SimOperation operation{.op = SimOp::kOpenDirectory, .path = without_trailing_slash(std::move(path))};
  Verdict verdict = begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error == 0 && !state_.has_directory(operation.path))
    verdict.error = state_.find(operation.path) != nullptr ? ENOTDIR : ENOENT;
  if (verdict.error != 0) return complete<kj::Own<Directory>>(verdict, fail(os_error(verdict.error, operation.describe())));
  return opened(operation, verdict);
}

kj::Promise<Result<kj::Own<Directory>>> SimDisk::create_directory(std::string path) {
  SimOperation operation{.op = SimOp::kCreateDirectory, .path = without_trailing_slash(std::move(path))};
  Verdict verdict = begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  std::string parent = parent_of(operation.path);
  bool exists = state_.has_directory(operation.path);
  if (exists && verdict.error == EROFS) verdict.error = 0;
  if (verdict.error == 0 && !parent.empty() && !state_.has_directory(parent)) verdict.error = ENOENT;
  if (verdict.error == 0 && state_.find(operation.path) != nullptr) verdict.error = EEXIST;
  if (verdict.error != 0) return complete<kj::Own<Directory>>(verdict, fail(os_error(verdict.error, operation.describe())));
  if (!exists) state_.add_directory(operation.path);
  return opened(operation, verdict);
}

void SimDisk::power_off() {
  crashed_ = true;
  crash_fulfiller_->fulfill();
}

kj::Promise<void> SimDisk::when_crashed() {
  return crash_promise_.addBranch();
}

void SimDisk::crash(const CrashOutcome& outcome) {
  trace_.add(outcome.describe());
  state_.crash(outcome);
  new_generation();
}

void SimDisk::crash(Random& random) {
  CrashOutcome outcome;
  for (const UnsyncedUnit& unit : unsynced()) outcome.fates.push_back(UnitFate::random(unit, random));
  if (random.below(2) == 0) outcome.garbage_seed = random.next();
  crash(outcome);
}

std::uint64_t SimDisk::free_bytes() const {
  if (!capacity_) return std::uint64_t{1} << 40;
  return *capacity_ - std::min(*capacity_, state_.used_bytes());
}

std::vector<std::byte> SimDisk::read_all(std::string_view path) const {
  const SimInode* inode = state_.find(path);
  CHECK(inode != nullptr, path);
  std::vector<std::byte> bytes(inode->seen().size());
  inode->seen().read(0, bytes);
  return bytes;
}

std::uint64_t SimDisk::size_of(std::string_view path) const {
  const SimInode* inode = state_.find(path);
  CHECK(inode != nullptr, path);
  return inode->seen().size();
}

void SimDisk::write_all(const std::string& path, Bytes bytes) {
  if (state_.find(path) == nullptr) {
    state_.create(parent_of(path), name_in(path));
    state_.names(parent_of(path))->settle();
  }
  truncate_to(path, 0);
  write_at(path, 0, bytes);
}

void SimDisk::write_at(std::string_view path, std::uint64_t offset, Bytes bytes) {
  SimInode* inode = state_.find(path);
  CHECK(inode != nullptr, path);
  inode->write(offset, {bytes}, state_.next_unit());
  inode->settle();
}

void SimDisk::flip_bits(std::string_view path, std::uint64_t offset, std::byte mask) {
  SimInode* inode = state_.find(path);
  CHECK(inode != nullptr, path);
  std::byte byte{0};
  CHECK(inode->seen().read(offset, {&byte, 1}) == 1, path, offset);
  byte ^= mask;
  write_at(path, offset, {&byte, 1});
}

void SimDisk::zero(std::string_view path, std::uint64_t offset, std::uint64_t bytes) {
  write_at(path, offset, std::vector<std::byte>(bytes));
}

void SimDisk::truncate_to(std::string_view path, std::uint64_t size) {
  SimInode* inode = state_.find(path);
  CHECK(inode != nullptr, path);
  inode->truncate(size, state_.next_unit());
  inode->settle();
}

void SimDisk::rename_file(const std::string& from, const std::string& to) {
  SimNames* names = state_.names(parent_of(from));
  CHECK(names != nullptr && parent_of(from) == parent_of(to) && names->find(name_in(from)) != 0, from, to);
  names->rename(name_in(from), name_in(to), state_.next_unit());
  names->settle();
}

void SimDisk::remove_file(const std::string& path) {
  SimNames* names = state_.names(parent_of(path));
  CHECK(names != nullptr && names->find(name_in(path)) != 0, path);
  names->remove(name_in(path), state_.next_unit());
  names->settle();
}

void SimDisk::add_directory(const std::string& path) {
  std::string parent = parent_of(path);
  if (!parent.empty() && !state_.has_directory(parent)) add_directory(parent);
  if (!state_.has_directory(path)) state_.add_directory(path);
}

void SimDisk::restore(const SimDiskState& state) {
  state_ = state;
  new_generation();
}

}  // namespace varve
