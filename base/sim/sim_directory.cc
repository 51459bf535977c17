#include "base/sim/sim_directory.h"

#include "base/check.h"
#include "base/os_error.h"
#include "base/result.h"
#include "base/sim/sim_file.h"

namespace varve {

class SimDirectoryLock final : public DirectoryLock {
 public:
  SimDirectoryLock(SimDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), generation_(disk.generation_) {
    disk_.locks_.insert(path_);
  }
  ~SimDirectoryLock() noexcept(false) override {
    if (disk_.generation_ == generation_) disk_.locks_.erase(path_);
  }
  KJ_DISALLOW_COPY(SimDirectoryLock);

 private:
  SimDisk& disk_;
  std::string path_;
  std::uint64_t generation_;
};

SimDirectory::SimDirectory(SimDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), generation_(disk.generation_) {}

SimNames& SimDirectory::names() {
  SimNames* names = disk_.state_.names(path_);
  CHECK(names != nullptr, path_);
  return *names;
}

Error SimDirectory::error(const SimDisk::Verdict& verdict, const SimOperation& operation) const {
  return os_error(verdict.error, operation.describe());
}

kj::Promise<Result<kj::Own<File>>> SimDirectory::opened(const SimDisk::Verdict& verdict, const SimOperation& operation,
                                                        const std::string& name, OpenMode mode) {
  kj::Own<File> file = kj::heap<SimFile>(disk_, operation.path, names().find(name), mode);
  return disk_.complete<kj::Own<File>>(verdict, kj::mv(file));
}

kj::Promise<Result<kj::Own<File>>> SimDirectory::open(std::string name, OpenMode mode) {
  SimOperation operation{.op = SimOp::kOpen, .path = path_of(name)};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error == 0 && disk_.state_.has_directory(operation.path)) verdict.error = EISDIR;
  if (verdict.error == 0 && names().find(name) == 0) verdict.error = ENOENT;
  if (verdict.error == 0 && mode.write && disk_.read_only_) verdict.error = EROFS;
  if (verdict.error != 0) return disk_.complete<kj::Own<File>>(verdict, fail(error(verdict, operation)));
  return opened(verdict, operation, name, mode);
}

kj::Promise<Result<kj::Own<File>>> SimDirectory::create(std::string name, OpenMode mode) {
  SimOperation operation{.op = SimOp::kCreate, .path = path_of(name)};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  bool taken = names().find(name) != 0 || disk_.state_.has_directory(operation.path);
  if (verdict.error == 0 && taken) verdict.error = EEXIST;
  if (verdict.error != 0) return disk_.complete<kj::Own<File>>(verdict, fail(error(verdict, operation)));
  disk_.state_.create(path_, name);
  return opened(verdict, operation, name, mode);
}

kj::Promise<Result<void>> SimDirectory::rename(std::string from, std::string to) {
  SimOperation operation{.op = SimOp::kRename, .path = path_of(from), .to = path_of(to)};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error == 0 && names().find(from) == 0) verdict.error = ENOENT;
  if (verdict.error != 0) return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  names().rename(from, to, disk_.state_.next_unit());
  return disk_.complete<void>(verdict, ok());
}

kj::Promise<Result<void>> SimDirectory::remove(std::string name) {
  SimOperation operation{.op = SimOp::kRemove, .path = path_of(name)};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error == 0 && names().find(name) == 0) verdict.error = ENOENT;
  if (verdict.error != 0) return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  names().remove(name, disk_.state_.next_unit());
  return disk_.complete<void>(verdict, ok());
}

kj::Promise<Result<std::vector<std::string>>> SimDirectory::list() {
  SimOperation operation{.op = SimOp::kList, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<std::vector<std::string>>(verdict, fail(error(verdict, operation)));
  return disk_.complete<std::vector<std::string>>(verdict, disk_.state_.list(path_));
}

kj::Promise<Result<void>> SimDirectory::sync() {
  SimOperation operation{.op = SimOp::kSyncDirectory, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  std::uint64_t upto = disk_.state_.next_unit();
  if (verdict.error != 0) {
    names().fail_sync(upto);
    return disk_.complete<void>(verdict, fail(error(verdict, operation)));
  }
  return disk_.complete_with(verdict, [&disk = disk_, path = path_, numbers = names().begin_sync(upto)] {
    if (!disk.sync_is_noop_) disk.state_.names(path)->end_sync(numbers);
  });
}

kj::Promise<Result<kj::Own<DirectoryLock>>> SimDirectory::lock() {
  SimOperation operation{.op = SimOp::kLock, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<kj::Own<DirectoryLock>>(verdict, fail(error(verdict, operation)));
  if (disk_.locks_.contains(operation.path))
    return disk_.complete<kj::Own<DirectoryLock>>(
        verdict, fail(ErrorCode::kLocked, operation.describe() + ": another process holds it; stop that one first"));
  kj::Own<DirectoryLock> held = kj::heap<SimDirectoryLock>(disk_, operation.path);
  return disk_.complete<kj::Own<DirectoryLock>>(verdict, kj::mv(held));
}

kj::Promise<Result<std::uint64_t>> SimDirectory::free_bytes() {
  SimOperation operation{.op = SimOp::kFreeBytes, .path = path_};
  SimDisk::Verdict verdict = disk_.begin(operation, generation_);
  if (verdict.never) return kj::NEVER_DONE;
  if (verdict.error != 0) return disk_.complete<std::uint64_t>(verdict, fail(error(verdict, operation)));
  return disk_.complete<std::uint64_t>(verdict, disk_.free_bytes());
}

}  // namespace varve
