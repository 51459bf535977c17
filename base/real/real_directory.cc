#include "base/real/real_directory.h"

#include "base/real/real_file.h"
#include "base/result.h"

namespace varve {

namespace {

class RealDirectoryLock final : public DirectoryLock {
 public:
  explicit RealDirectoryLock(int fd) : fd_(fd) {}

 private:
  kj::AutoCloseFd fd_;
};

}  // namespace

kj::Promise<Result<kj::Own<File>>> RealDirectory::open_file(std::string name, OpenMode mode, bool create) {
  auto opening = executor_.run(RunOn::kDiskThread, [directory = directory_, name = std::move(name), mode, create] {
    return directory->open_file(name, mode, create);
  });
  return opening.then([&executor = executor_](Result<std::shared_ptr<PosixFile>> opened) -> Result<kj::Own<File>> {
    if (!opened) return fail(std::move(opened.error()));
    return kj::Own<File>(kj::heap<RealFile>(executor, std::move(*opened)));
  });
}

kj::Promise<Result<kj::Own<File>>> RealDirectory::open(std::string name, OpenMode mode) {
  return open_file(std::move(name), mode, false);
}
kj::Promise<Result<kj::Own<File>>> RealDirectory::create(std::string name, OpenMode mode) {
  return open_file(std::move(name), mode, true);
}

kj::Promise<Result<void>> RealDirectory::rename(std::string from, std::string to) {
  return executor_.run(RunOn::kDiskThread,
                       [directory = directory_, from = std::move(from), to = std::move(to)] { return directory->rename(from, to); });
}

kj::Promise<Result<void>> RealDirectory::remove(std::string name) {
  return executor_.run(RunOn::kDiskThread, [directory = directory_, name = std::move(name)] { return directory->remove(name); });
}

kj::Promise<Result<std::vector<std::string>>> RealDirectory::list() {
  return executor_.run(RunOn::kDiskThread, [directory = directory_] { return directory->list(); });
}

kj::Promise<Result<void>> RealDirectory::sync() {
  return executor_.run(RunOn::kDiskThread, [directory = directory_] { return directory->sync(); });
}

kj::Promise<Result<kj::Own<DirectoryLock>>> RealDirectory::lock() {
  auto locking = executor_.run(RunOn::kDiskThread, [directory = directory_] { return directory->lock(); });
  return locking.then([](Result<int> locked) -> Result<kj::Own<DirectoryLock>> {
    if (!locked) return fail(std::move(locked.error()));
    return kj::Own<DirectoryLock>(kj::heap<RealDirectoryLock>(*locked));
  });
}

kj::Promise<Result<std::uint64_t>> RealDirectory::free_bytes() {
  return executor_.run(RunOn::kInline, [directory = directory_] { return directory->free_bytes(); });
}

}  // namespace varve
